package form

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// Digest tells forms apart. Whether somebody felt trusted is not in it: five answers are soon tried.
func Digest(filled map[string]string) string {
	keys := make([]string, 0, len(filled))
	for k := range filled {
		if k != ActTrusted {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	h := sha256.New()
	for _, k := range keys {
		fmt.Fprintf(h, "%q=%q\n", k, filled[k])
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
