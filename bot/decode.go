package bot

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"stepin/nudges"
)

// An inputKind says what somebody did.
type inputKind string

const (
	typed     inputKind = "command"
	shortcut  inputKind = "shortcut"
	homeSeen  inputKind = "home"
	tapped    inputKind = "tap"
	submitted inputKind = "submit"
	changed   inputKind = "user_change"
	nothing   inputKind = "nothing" // to be acknowledged, and no more
)

// A surface is where a tap happened.
type surface string

const (
	onModal   surface = "modal"
	onHome    surface = "home"
	onMessage surface = "message"
)

// An input is one envelope in our own terms; nobody but this file reads Slack's JSON.
type input struct {
	kind      inputKind
	identity  string // what a duplicate has, too; see EXACT "Identity"
	user      nudges.UserID
	team      string
	trigger   string // lives three seconds
	respond   string // response URL; a capability, never logged
	text      string // after the command
	where     surface
	viewID    string
	viewHash  string
	callback  string            // which screen
	request   nudges.RequestID  // which request it is about
	seen      int               // transitions when the screen was drawn
	action    string            // what was tapped
	value     string            // the tapped button's value
	form      map[string]string // what the view holds, by action id
	profile   *slackevents.User // of a changed user
	key       string            // of the tapped button: what else it says, see metadata
	glance    glance            // what of the history the view shows
	received  time.Time
	showsMore bool // the screen has the further questions
	// showsReason says that the screen asks to type why not a smaller step.
	showsReason bool
	showsLearn  bool // the screen asks what is to be learned
}

// decode reads what slack-go has parsed. ok is false for what stepin does not use,
// which is acknowledged all the same.
func decode(evt socketmode.Event) (in input, ok bool) {
	switch data := evt.Data.(type) {
	case slack.SlashCommand:
		return input{
			kind: typed, identity: "command/" + cmp.Or(data.TriggerID, envelopeID(evt)),
			user: nudges.UserID(data.UserID), team: data.TeamID,
			trigger: data.TriggerID, respond: data.ResponseURL, text: data.Text,
		}, data.UserID != ""
	case slack.InteractionCallback:
		return decodeInteraction(data, envelopeID(evt))
	case slackevents.EventsAPIEvent:
		return decodeEvent(data, envelopeID(evt))
	}
	return input{kind: nothing}, false
}

func envelopeID(evt socketmode.Event) string {
	if evt.Request == nil {
		return ""
	}
	return evt.Request.EnvelopeID
}

func decodeInteraction(cb slack.InteractionCallback, envelope string) (input, bool) {
	in := input{
		user: nudges.UserID(cb.User.ID), team: cmp.Or(cb.User.TeamID, cb.Team.ID),
		trigger: cb.TriggerID, respond: cb.ResponseURL,
		viewID: cb.View.ID, viewHash: cb.View.Hash, callback: cb.View.CallbackID,
	}
	in.request, in.seen = readMetadata(cb.View.PrivateMetadata)
	in.glance = readGlance(cb.View.PrivateMetadata)
	switch cb.Type {
	case slack.InteractionTypeShortcut:
		in.kind, in.callback = shortcut, cb.CallbackID
		in.identity = "shortcut/" + cmp.Or(cb.TriggerID, envelope)
	case slack.InteractionTypeBlockActions:
		if len(cb.ActionCallback.BlockActions) == 0 {
			return in, false
		}
		a := cb.ActionCallback.BlockActions[0]
		in.kind, in.action, in.value = tapped, a.ActionID, a.Value
		place := cb.View.ID
		switch {
		case cb.View.ID == "":
			in.where, place = onMessage, cmp.Or(cb.Container.ChannelID, cb.Channel.ID)+"/"+cmp.Or(cb.Container.MessageTs, cb.Message.Timestamp)
		case cb.View.Type == slack.VTHomeTab:
			in.where = onHome
		default:
			in.where = onModal
		}
		if cb.View.State != nil {
			in.form = form(cb.View.State.Values)
			_, in.showsLearn = cb.View.State.Values[block(actLearn)]
		}
		if v := chosen(*a); v != "" {
			if in.form == nil {
				in.form = map[string]string{}
			}
			in.form[a.ActionID] = v
		}
		if in.where != onModal || screen(in.callback) == historyScr { // a list of several
			in.request, in.seen = readMetadata(a.Value)
			in.key = readKey(a.Value)
		}
		in.identity = fmt.Sprintf("tap/%s/%s/%s/%s", place, cmp.Or(a.ActionTs, envelope), a.ActionID, cb.User.ID)
	case slack.InteractionTypeViewSubmission:
		in.kind, in.where = submitted, onModal
		if cb.View.State != nil {
			in.form = form(cb.View.State.Values)
			_, in.showsMore = cb.View.State.Values[block(string(nudges.Q1))]
			_, in.showsReason = cb.View.State.Values[block(actReason)]
			_, in.showsLearn = cb.View.State.Values[block(actLearn)]
		}
		in.identity = fmt.Sprintf("submit/%s/%s/%s", cb.View.ID, cb.View.Hash, digest(in.form))
	default:
		in.kind = nothing
		return in, false
	}
	return in, cb.User.ID != ""
}

func decodeEvent(ev slackevents.EventsAPIEvent, envelope string) (input, bool) {
	id := envelope
	if cb, ok := ev.Data.(*slackevents.EventsAPICallbackEvent); ok && cb.EventID != "" {
		id = cb.EventID
	}
	in := input{kind: nothing, identity: "event/" + id, team: ev.TeamID}
	switch e := ev.InnerEvent.Data.(type) {
	case *slackevents.AppHomeOpenedEvent:
		if e.Tab != "" && e.Tab != "home" {
			return in, false
		}
		in.kind, in.user, in.where = homeSeen, nudges.UserID(e.User), onHome
		return in, e.User != ""
	case *slackevents.UserChangeEvent:
		in.kind, in.user, in.profile = changed, nudges.UserID(e.User.ID), &e.User
		return in, e.User.ID != ""
	}
	return in, false
}

// form flattens a view's state to one value per action id; what is not set is absent.
func form(values map[string]map[string]slack.BlockAction) map[string]string {
	out := map[string]string{}
	for _, actions := range values {
		for id, a := range actions {
			if v := chosen(a); v != "" {
				out[id] = v
			}
		}
	}
	return out
}

func chosen(a slack.BlockAction) string {
	if a.Type == slack.ActionType("button") {
		return ""
	}
	return cmp.Or(a.SelectedOption.Value, a.SelectedUser, strings.Join(a.SelectedUsers, ","), a.SelectedConversation,
		a.SelectedDate, a.SelectedTime, strings.Join(values(a.SelectedOptions), ","), a.Value)
}

// values are those of the boxes that are checked.
func values(options []slack.OptionBlockObject) (out []string) {
	for _, o := range options {
		out = append(out, o.Value)
	}
	return out
}

// digest tells forms apart. Whether somebody felt trusted is not in it: five answers are soon tried.
func digest(form map[string]string) string {
	keys := make([]string, 0, len(form))
	for k := range form {
		if k != actTrusted {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	h := sha256.New()
	for _, k := range keys {
		fmt.Fprintf(h, "%q=%q\n", k, form[k])
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// metadata is what a view or a button carries: which request, and how many
// transitions it had when the screen was drawn. It is opaque to people.
type metadata struct {
	Request nudges.RequestID `json:"r"`
	Seen    int              `json:"n"`
	Key     string           `json:"k,omitempty"` // of a reminder: its date, and which showing of it; or inThread
	Glance  glance           `json:"l,omitzero"`  // of the history: what of it is shown
}

// writeKey is the metadata of a button under the daily reminder.
func writeKey(day nudges.Date, again int) string {
	b, _ := json.Marshal(metadata{Key: fmt.Sprintf("%s/%d", day, again)})
	return string(b)
}

// A glance is what somebody looks at of their history.
type glance struct {
	Page    int           `json:"p,omitempty"` // from 0, the newest
	Rep     nudges.UserID `json:"u,omitempty"` // calls of this rep only
	Outcome string        `json:"o,omitempty"` // with this outcome only, or notLogged
}

func writeGlance(l glance) string {
	b, _ := json.Marshal(metadata{Glance: l}) // plain fields cannot fail
	return string(b)
}

func readGlance(s string) glance {
	var m metadata
	if json.Unmarshal([]byte(s), &m) != nil {
		return glance{}
	}
	return m.Glance
}

func readKey(s string) string {
	var m metadata
	if json.Unmarshal([]byte(s), &m) != nil {
		return ""
	}
	return m.Key
}

func writeMetadata(r nudges.Request) string {
	m := metadata{Request: r.ID}
	if r.Phase == nudges.Before || r.Phase == nudges.During { // after it nothing is decided, and how much has happened is nobody's business
		m.Seen = r.Seq
	}
	b, _ := json.Marshal(m) // two plain fields cannot fail
	return string(b)
}

func readMetadata(s string) (nudges.RequestID, int) {
	var m metadata
	if json.Unmarshal([]byte(s), &m) != nil {
		return "", 0
	}
	return m.Request, m.Seen
}

// line is what was typed after /stepin.
type line struct {
	verb string // "", or one of the exact words
	rep  nudges.UserID
	boss nudges.UserID // after "ask": who is asked; after "debrief": with whom
	deal string
}

var (
	aMention = regexp.MustCompile(`<@([UW][A-Z0-9]+)(?:\|[^>]*)?>`)
	aChannel = regexp.MustCompile(`<#[CG][A-Z0-9]+\|([^>]*)>`)
	aLink    = regexp.MustCompile(`<([^>|]+)(?:\|([^>]*))?>`)
	anAsk    = regexp.MustCompile(`^(?i)(ask|debrief)\s+<@([UW][A-Z0-9]+)(?:\|[^>]*)?>(.*)$`)
	aName    = regexp.MustCompile(`(?:^|\s)@\S+`)
)

// maxDeal is the longest name of a deal in characters; inputs take 300 at most (EXACT "Escaping"),
// and what stands on a card should be read at a glance.
const maxDeal = 100

// maxPlan is the longest plan in one's own words (EXACT "Escaping").
const maxPlan = 300

// verbs are the words that can stand alone after the command.
var verbs = []string{"now", "ask", "debrief", "history", "help", "why", "settings", "privacy", "export", "forget"}

// parseLine reads the words after the command. Words are verbs only when they are
// all there is: "Now Foods" is a deal. "ask" and "debrief" are before a person too: "ask @Sam Acme".
func parseLine(text string) (line, error) {
	text = strings.TrimSpace(text)
	if v := strings.ToLower(text); slices.Contains(verbs, v) {
		return line{verb: v}, nil
	}
	var l line
	if m := anAsk.FindStringSubmatch(text); m != nil {
		l.verb, l.boss, text = strings.ToLower(m[1]), nudges.UserID(m[2]), m[3]
	}
	who := aMention.FindAllStringSubmatch(text, -1)
	for _, m := range who {
		if l.rep != "" && l.rep != nudges.UserID(m[1]) {
			return l, errTwoReps
		}
		l.rep = nudges.UserID(m[1])
	}
	if l.verb != "" && l.rep != "" {
		if l.verb == "debrief" {
			return l, errTwoWith
		}
		return l, errTwoBosses
	}
	text = aMention.ReplaceAllString(text, " ")
	if l.rep == "" && aName.MatchString(text) {
		return l, errRepUnknown
	}
	text = aChannel.ReplaceAllString(text, "#$1")
	text = aLink.ReplaceAllStringFunc(text, func(s string) string {
		m := aLink.FindStringSubmatch(s)
		return cmp.Or(m[2], m[1])
	})
	text = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
	l.deal = strings.Join(strings.Fields(text), " ")
	if len([]rune(l.deal)) > maxDeal {
		return l, errDealLong
	}
	return l, nil
}
