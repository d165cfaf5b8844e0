package view

import (
	"stepin/bot/health"
	"stepin/nudges"
	"stepin/nudges/words"
)

// samplesOfOps draws what admins are told.
func samplesOfOps(words *words.Words, c sampleCall) (all []sample) {
	sc := c.scene(words, nudges.Request{}, sampleManager)
	for _, a := range health.Table {
		all = append(all, sample{"ops-" + string(a.Cause), Alarm(sc, health.KindPrefix+string(a.Cause), false)})
	}
	return append(all, sample{"ops-over", Alarm(sc, health.KindPrefix+string(health.DiskFull), true)})
}
