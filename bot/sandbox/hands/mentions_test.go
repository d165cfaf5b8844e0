package hands

import (
	"testing"
	"time"

	"stepin/bot/sandbox/rules"
	"stepin/bot/sandbox/world"
)

func TestMentions(t *testing.T) {
	w, err := world.New(world.DefaultSeed(), rules.Manifest{})
	if err != nil {
		t.Fatal(err)
	}
	w.Begin(world.DefaultSeed().Channels, time.Time{})
	h := held{World: w}
	for _, tt := range [][2]string{
		{"@Dana Acme", "<@U0DANA01> Acme"},
		{"@dana reyes Acme", "<@U0DANA01> Acme"},
		{"@Lior Ben-Ami, please", "<@U0LIOR01>, please"},
		{"@Danaé @Danas @nobody", "@Danaé @Danas @nobody"},
		{"mail@Dana.com", "mail@Dana.com"},
		{"#deals #nowhere", "<#C0DEALS1|deals> #nowhere"},
		{"<!channel> & co", "&lt;!channel&gt; &amp; co"},
		{"see https://e.com/a?b=1&c=2 now", "see <https://e.com/a?b=1&amp;c=2> now"},
		{"שלום @Sam 🙂", "שלום <@U0SAM001> 🙂"},
		{"", ""},
	} {
		if got := mentions(h, tt[0], true); got != tt[1] {
			t.Errorf("%q: %q, want %q", tt[0], got, tt[1])
		}
	}
	if got := mentions(h, "@Dana", false); got != "@Dana" {
		t.Error(got)
	}
}
