package bot

import "stepin/nudges"

// galleryOfOps draws what admins are told.
func galleryOfOps(words *nudges.Words, c cast) (all []drawing) {
	sc := c.scene(words, nudges.Request{}, castManager)
	for _, a := range Ailments {
		all = append(all, drawing{"ops-" + string(a.Cause), privately(sc, opsBlocks(sc, a.Cause, false)...)})
	}
	return append(all, drawing{"ops-over", privately(sc, opsBlocks(sc, DiskFull, true)...)})
}
