package form

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"stepin/nudges"
)

// Line is what was typed after /stepin.
type Line struct {
	Verb string // "", or one of the exact words
	Rep  nudges.UserID
	Boss nudges.UserID // after "ask": who is asked; after "debrief": with whom
	Deal string
	// Meant is the verb that the words may stand for, if they are no deal; "" for none.
	Meant string
}

var (
	aMention = regexp.MustCompile(`<@([UW][A-Z0-9]+)(?:\|[^>]*)?>`)
	aChannel = regexp.MustCompile(`<#[CG][A-Z0-9]+\|([^>]*)>`)
	aLink    = regexp.MustCompile(`<([^>|]+)(?:\|([^>]*))?>`)
	anAsk    = regexp.MustCompile(`^((?i:ask|debrief))\s+<@([UW][A-Z0-9]+)(?:\|[^>]*)?>(.*)$`)
	aNow     = regexp.MustCompile(`^(?i:now)\s+((?:<@[UW][A-Z0-9]+(?:\|[^>]*)?>|@\S).*)$`)
	aName    = regexp.MustCompile(`(?:^|\s)@\S+`)
)

// MaxDeal is the longest name of a deal, in characters. Inputs take 300, but a card should be short.
const MaxDeal = 100

// MaxPlan is the longest plan, in characters.
const MaxPlan = 300

// Verbs are the words that can stand alone after the command.
var Verbs = []string{"now", "ask", "debrief", "history", "help", "why", "settings", "privacy", "export", "forget"}

// ParseLine reads the words after the command. A verb stands alone, but "ask", "debrief" and "now" may be followed by a
// person: "ask @Sam Acme". "Now Foods" is a deal. What else follows a verb, or is nearly one, may be either.
func ParseLine(text string) (Line, error) {
	text = strings.TrimSpace(text)
	if v := strings.ToLower(text); slices.Contains(Verbs, v) {
		return Line{Verb: v}, nil
	}
	var l Line
	if m := anAsk.FindStringSubmatch(text); m != nil {
		l.Verb, l.Boss, text = strings.ToLower(m[1]), nudges.UserID(m[2]), m[3]
	} else if m := aNow.FindStringSubmatch(text); m != nil {
		l.Verb, text = "now", m[1]
	} else {
		l.Meant = meant(text)
	}
	who := aMention.FindAllStringSubmatch(text, -1)
	for _, m := range who {
		if l.Rep != "" && l.Rep != nudges.UserID(m[1]) {
			return l, ErrTwoReps
		}
		l.Rep = nudges.UserID(m[1])
	}
	if l.Boss != "" && l.Rep != "" {
		if l.Verb == "debrief" {
			return l, ErrTwoWith
		}
		return l, ErrTwoBosses
	}
	text = aMention.ReplaceAllString(text, " ")
	if l.Rep == "" && aName.MatchString(text) {
		return l, ErrRepUnknown
	}
	text = aChannel.ReplaceAllString(text, "#$1")
	text = aLink.ReplaceAllStringFunc(text, func(s string) string {
		m := aLink.FindStringSubmatch(s)
		return cmp.Or(m[2], m[1])
	})
	text = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
	l.Deal = strings.Join(strings.Fields(text), " ")
	if len([]rune(l.Deal)) > MaxDeal {
		return l, ErrDealLong
	}
	return l, nil
}

// meant is the verb that words may stand for: they begin with it, or are one word that is nearly it. Short verbs are
// near too many names.
func meant(words string) string {
	f := strings.Fields(strings.ToLower(words))
	for _, v := range Verbs {
		more := len(f) > 1 && f[0] == v && v != "now"
		if more || len(f) == 1 && len(v) >= 5 && levenshtein.ComputeDistance(f[0], v) == 1 {
			return v
		}
	}
	return ""
}

// What can be wrong with what somebody typed.
var (
	ErrRepUnknown   = errors.New("no such person")
	ErrRepBot       = errors.New("the rep is an app")
	ErrRepGuest     = errors.New("the rep is a guest")
	ErrRepSelf      = errors.New("the manager named themselves")
	ErrRepGone      = errors.New("the rep is deactivated")
	ErrRepElsewhere = errors.New("the rep belongs to another organisation")
	ErrRepMissing   = errors.New("no rep named")
	ErrTwoReps      = errors.New("two people named")
	ErrDealLong     = errors.New("the name of the deal is too long")
	ErrTwoWith      = errors.New("two people named to debrief with")
	ErrTwoBosses    = errors.New("a manager and somebody else named")
	ErrBossSelf     = errors.New("asked oneself for help")
	ErrBossUnfit    = errors.New("the manager cannot be asked")
	ErrNotAllowed   = errors.New("may not use stepin")
	ErrWhoUnknown   = errors.New("the profile of the person is not known")
)
