package bot

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
)

// inThread is the key of a button that stands in a thread, or on its root: there an answer is not seen,
// and is given in a window.
const inThread = "thread"

// keyed is a button that says where it stands.
func (sc scene) keyed(key, action, text string, style slack.Style) *slack.ButtonBlockElement {
	b := sc.button(action, text, style)
	v, _ := json.Marshal(form.Metadata{Request: sc.r.ID, Key: key}) // plain fields cannot fail
	b.Value = string(v)
	return b
}

// threaded draws each kind of message that goes to both of the two, or to a channel. Nobody's
// reflections, estimates or approvals are in any of it.
var threaded = map[string]func(scene) message{
	nudges.KindRoot:        func(sc scene) message { return openly(sc, "", rootBlocks(sc, inThread)...) },
	nudges.KindAsksRep:     func(sc scene) message { return asksMessage(sc, "asks-rep", sc.r.Rep) },
	nudges.KindAsksManager: func(sc scene) message { return asksMessage(sc, "asks-manager", sc.r.Manager) },
	nudges.KindNag:         nagMessage,
}

// openly is a message to more than one person. Its notification names whom it is for and no more.
func openly(sc scene, to string, blocks ...slack.Block) message {
	return message{strings.TrimSpace(to + " " + fallback(sc.words.Text("debrief-fallback", nudges.Data{}))), blocks}
}

// An id as Slack gives it, and nothing that could be read as more markup.
var anID = regexp.MustCompile(`^[A-Z0-9]+$`)

// mention notifies somebody; linked leads to a channel. Both are markup of ours.
func mention(id nudges.UserID) nudges.Marked { return linked("@" + string(id)) }

func linked(id string) nudges.Marked {
	if !anID.MatchString(strings.TrimPrefix(strings.TrimPrefix(id, "@"), "#")) {
		return ""
	}
	return nudges.Marked("<" + id + ">")
}

// rootText names the text that says who led, and in which role the manager was there.
func rootText(r nudges.Request) string {
	role, joined := r.Joined()
	switch {
	case !joined:
		return "debrief-root"
	case r.HandedBack():
		return "debrief-root-handed-back"
	}
	return "debrief-root-" + dashed(role)
}

// rootLines are the call, what was to be learned, and what came of it.
func rootLines(sc scene) []slack.Block {
	d, debrief := sc.d, sc.r.Debrief
	// How long a call was is known of one for which somebody paused: it stands where the rep knew of that.
	_, joined := sc.r.Joined()
	if d.Until = ""; joined {
		n := d
		n.N = int(sc.r.Ends.Sub(sc.r.Starts) / time.Minute)
		d.Until = sc.words.Text("debrief-minutes", n).Plain()
	}
	if d.Day = ""; nudges.DateIn(sc.r.Ends, sc.zone) != nudges.DateIn(debrief.At, sc.zone) { // one of today needs no day
		d.Day = sc.r.Ends.In(sc.zone).Format("Mon 2 Jan")
	}
	blocks := []slack.Block{section(sc.words.Text(rootText(sc.r), d))}
	if d.Reason = sc.r.Past.Learn; d.Reason != "" {
		blocks = append(blocks, section(sc.words.Text("debrief-learn", d)))
	}
	if text := sc.outcomes(debrief.Open(), "debrief-outcome"); text != "" {
		blocks = append(blocks, section(text))
	}
	if text := debriefOver(sc.r); text != "" {
		blocks = append(blocks, quiet(sc.overText(text)))
	}
	if debrief.Place != nudges.InChannel { // there the team reads it, too
		blocks = append(blocks, whyNone(sc)...)
	}
	return blocks
}

// outcomes are what came of a call, as each of the two says where they differ; "" for nothing logged.
func (sc scene) outcomes(d nudges.Debriefing, text string) nudges.Marked {
	switch rep, manager := d.Rep.Outcome, d.Manager.Outcome; {
	case rep != "" && manager != "" && rep != manager:
		return sc.words.Quote(text+"-both", sc.d, sc.outcome(rep), sc.outcome(manager))
	case d.Outcome() != "":
		return sc.words.Quote(text, sc.d, sc.outcome(d.Outcome()), "")
	}
	return ""
}

// overText is the text that says how a debrief was closed, and by whom.
func (sc scene) overText(text string) nudges.Marked {
	d := sc.d
	d.Who = sc.name(sc.r.Debrief.EndBy)
	return sc.words.Text(text, d)
}

// outcome is what came of a call, in words.
func (sc scene) outcome(o nudges.CallOutcome) nudges.Marked {
	return sc.words.Text("outcome-"+strings.ReplaceAll(string(o), "_", "-"), sc.d)
}

// debriefOver names the text that says why nothing is to be done about a debrief; "" if something is.
func debriefOver(r nudges.Request) string {
	switch {
	case r.Phase == nudges.Debrief && r.Debrief.State == nudges.DebriefMoved, r.Phase == nudges.Before, r.Phase == nudges.During:
		return "debrief-call-moved"
	case r.Phase == nudges.Debrief:
		return ""
	case r.Debrief.End == nudges.EndAway:
		return "debrief-call-moved"
	case r.Debrief.End == nudges.EndOpen:
		return "debrief-end-lapsed"
	}
	return "debrief-end-" + string(r.Debrief.End)
}

// rootBlocks are the debrief as both see it.
func rootBlocks(sc scene, key string) []slack.Block {
	blocks := rootLines(sc)
	var el []slack.BlockElement
	add := func(action, text string, style slack.Style) {
		el = append(el, sc.keyed(key, action, text, style))
	}
	switch {
	case sc.r.Phase == nudges.Debrief && sc.r.Debrief.State == nudges.DebriefMoved:
		if _, joined := sc.r.Joined(); !joined {
			return blocks // to when is between the manager and the pause that the rep does not know of
		}
		add(form.ActReschedule, "button-reschedule", slack.StyleDefault)
		add(form.ActLog, "button-log", slack.StyleDefault)
		add(form.ActNever, "button-never", slack.StyleDefault)
	case sc.r.Phase != nudges.Debrief:
		return blocks
	default:
		add(form.ActLog, "button-log", slack.StylePrimary)
		add(form.ActMoveOn, "button-moved-on", slack.StyleDefault)
		add(form.ActNotDoing, "button-not-doing", slack.StyleDefault)
		if _, joined := sc.r.Joined(); joined { // else it goes on in another way where somebody paused, which is the manager's own
			add(form.ActCallMoved, "button-call-moved", slack.StyleDefault)
		}
		add(form.ActNever, "button-never", slack.StyleDefault)
	}
	return append(blocks, slack.NewActionBlock("b-debrief", el...))
}

// rootDMBlocks are the same to one of the two, with the questions to them.
func rootDMBlocks(sc scene) []slack.Block {
	blocks := rootBlocks(sc, "")
	if sc.r.Phase != nudges.Debrief || sc.r.Debrief.State == nudges.DebriefMoved {
		return blocks
	}
	if asks := sc.asks(sc.viewer); asks != "" {
		blocks = slices.Insert(blocks, len(blocks)-1, slack.Block(section(asks)))
	}
	return blocks
}

// asks are the questions to one of the two, a line each.
func (sc scene) asks(to nudges.UserID) nudges.Marked {
	who := "debrief-manager-"
	if to == sc.r.Rep {
		who = "debrief-rep-"
	}
	known := nudges.Names()
	var lines []string
	for _, name := range sc.r.Debrief.Asked {
		if _, ok := slices.BinarySearch(known, name); ok && strings.HasPrefix(name, who) {
			lines = append(lines, "• "+string(sc.words.Text(name, sc.d)))
		}
	}
	return nudges.Marked(strings.Join(lines, "\n"))
}

// asksMessage are the questions to one of the two, in the thread.
func asksMessage(sc scene, text string, to nudges.UserID) message {
	return openly(sc, string(mention(to)), section(sc.words.Quote(text, sc.d, mention(to), sc.asks(to))))
}

// nagMessage asks both, once, for a word.
func nagMessage(sc scene) message {
	rep, manager := mention(sc.r.Rep), mention(sc.r.Manager)
	blocks := []slack.Block{section(sc.words.Quote("nag", sc.d, rep, manager))}
	switch text := debriefOver(sc.r); {
	case text != "":
		blocks = append(blocks, quiet(sc.overText(text)))
	default:
		blocks = append(blocks, slack.NewActionBlock("b-nag",
			sc.keyed(inThread, form.ActLog, "button-log", slack.StylePrimary), sc.keyed(inThread, form.ActMoveOn, "button-moved-on", slack.StyleDefault)))
	}
	return openly(sc, string(rep)+" "+string(manager), blocks...)
}

// howBlocks ask the manager, alone, how it went, and show the guess from before beside what came of it.
func howBlocks(sc scene) []slack.Block {
	d, debrief := sc.d, sc.r.Debrief
	over := debriefOver(sc.r)
	var blocks []slack.Block
	switch said := sc.outcomes(debrief, "how-outcome"); {
	case said != "":
		blocks = append(blocks, section(said))
		if e := sc.r.Answers[nudges.QEstimate]; e != "" {
			blocks = append(blocks, quiet(sc.words.Quote("how-estimate", d, sc.words.Tapped(nudges.QEstimate, e, d), "")))
		}
	case over != "":
		blocks = append(blocks, section(sc.words.Text("how-over", d)))
	default:
		blocks = append(blocks, section(sc.words.Text("how", d)))
	}
	if over != "" {
		blocks = append(append(blocks, quiet(sc.overText(over))), whyNone(sc)...)
		if sc.r.Phase == nudges.Debrief {
			blocks = append(blocks, slack.NewActionBlock("b-how",
				sc.button(form.ActReschedule, "button-reschedule", slack.StyleDefault), sc.button(form.ActLog, "button-log", slack.StyleDefault),
				sc.button(form.ActNever, "button-never", slack.StyleDefault)))
		}
		return blocks
	}
	if text, first := togetherText(sc.r); text != "" {
		blocks = append(blocks, quiet(sc.words.Quote(text, d, first, "")))
	}
	if debrief.Kept {
		blocks = append(blocks, quiet(sc.words.Text("how-kept", d)))
	}
	if debrief.Manager.Outcome == "" {
		var taps []slack.BlockElement
		for _, o := range nudges.CallOutcomes {
			taps = append(taps, sc.button(form.ActOutcome+"_"+string(o), "outcome-"+strings.ReplaceAll(string(o), "_", "-"), slack.StyleDefault))
		}
		blocks = append(blocks, slack.NewActionBlock("b-outcome", taps...))
	}
	var el []slack.BlockElement
	if debrief.State == nudges.DebriefQuiet && sc.r.Rep != "" {
		el = append(el, sc.button(form.ActTogether, "button-together", slack.StyleDefault))
	}
	el = append(el,
		sc.button(form.ActLog, "button-log", slack.StyleDefault), sc.button(form.ActMoveOn, "button-moved-on", slack.StyleDefault),
		sc.button(form.ActNotDoing, "button-not-doing", slack.StyleDefault), sc.button(form.ActCallMoved, "button-call-moved", slack.StyleDefault), sc.button(form.ActNever, "button-never", slack.StyleDefault))
	return append(blocks, slack.NewActionBlock("b-how", el...))
}

// togetherText names the text that tells the manager how far the two are with talking it over; "" for not
// at all. The other result is the channel it is in.
func togetherText(r nudges.Request) (string, nudges.Marked) {
	switch d := r.Debrief; d.State {
	case nudges.DebriefWaits:
		if _, joined := r.Joined(); joined {
			return "how-waits-joined", ""
		}
		return "how-waits", ""
	case nudges.DebriefAsked:
		return "how-asked", ""
	case nudges.DebriefUnwant:
		return "how-declined", ""
	case nudges.DebriefShared:
		return "how-" + string(d.Place), linked("#" + d.Channel)
	}
	return "", ""
}

// whereBlocks ask the rep where to talk a call over.
func whereBlocks(sc scene) []slack.Block {
	d := sc.r.Debrief
	if sc.r.Rep != sc.viewer {
		return sentence("word-gone")(sc)
	}
	if text := debriefOver(sc.r); text != "" {
		return []slack.Block{section(sc.words.Text("how-over", sc.d)), quiet(sc.overText(text))}
	}
	blocks := []slack.Block{section(sc.words.Text("where", sc.d))}
	var el []slack.BlockElement
	switch d.State {
	case nudges.DebriefShared:
		return []slack.Block{section(sc.words.Quote("where-"+string(d.Place), sc.d, linked("#"+d.Channel), ""))}
	case nudges.DebriefAsked, nudges.DebriefUnwant:
		if sc.team.Channel != "" {
			el = append(el, sc.button(form.ActWhereChannel, "button-where-channel", slack.StyleDefault))
		}
		el = append(el, sc.button(form.ActWhereGroup, "button-where-group", slack.StyleDefault))
	default:
		return sentence("word-gone")(sc)
	}
	if d.State == nudges.DebriefUnwant {
		blocks = []slack.Block{section(sc.words.Text("where-not", sc.d))}
	} else {
		el = append(el, sc.button(form.ActWhereNot, "button-where-not", slack.StyleDefault))
	}
	return append(blocks, slack.NewActionBlock("b-where", el...))
}

// displacedBlocks tell the manager why a debrief is not where it should be, what mends it, and where it is.
func displacedBlocks(sc scene) []slack.Block {
	d := sc.r.Debrief
	return []slack.Block{
		section(sc.words.Quote("displaced-"+string(d.Trouble), sc.d, linked("#"+d.Channel), "")),
		quiet(sc.words.Quote("how-"+string(d.Place), sc.d, linked("#"+d.Channel), "")),
	}
}

// unclearBlocks ask the manager whether a debrief has arrived.
func unclearBlocks(sc scene) []slack.Block {
	d := sc.r.Debrief
	if text := debriefOver(sc.r); text != "" {
		return []slack.Block{section(sc.words.Text("how-over", sc.d)), quiet(sc.overText(text))}
	}
	if d.Trouble != nudges.TroubleUnclear {
		return []slack.Block{section(sc.words.Text("unclear-done", sc.d))}
	}
	text := "unclear"
	switch {
	case len(d.Unclear) > 0:
		text = "unclear-asks"
	case d.Place != nudges.InChannel:
		text = "unclear-group"
	}
	blocks := []slack.Block{section(sc.words.Quote(text, sc.d, linked("#"+d.Channel), ""))}
	return append(blocks, slack.NewActionBlock("b-unclear",
		sc.button(form.ActRepost, "button-repost", slack.StyleDefault), sc.button(form.ActLog, "button-log", slack.StyleDefault)))
}

// mostChased is how many debriefs the reminder names.
const mostChased = 5

// chaseScenes are the debriefs that a reminder names.
func (b *Bot) chaseScenes(ctx context.Context, e errand) []scene {
	var out []scene
	for _, r := range e.open[:min(mostChased, len(e.open))] {
		p, _ := b.people.look(ctx, r.Rep)
		names := map[nudges.UserID]string{r.Rep: p.name}
		out = append(out, newScene(b.live().Words, r, e.m.To, names, e.rem.Location(b.zones), b.now()))
	}
	return out
}

// chaseBlocks remind somebody of the debriefs that wait for a word, and carry the day's line.
func chaseBlocks(sc scene, open []scene, all int) []slack.Block {
	d := sc.d
	d.N = all
	text := "chase-many"
	if d.N == 1 {
		text = "chase-one"
	}
	blocks := []slack.Block{section(sc.words.Text(text, d))}
	for _, o := range open {
		s := section(o.words.Text("chase-line", o.d))
		s.Accessory = slack.NewAccessory(o.button(form.ActLog, "button-log", slack.StyleDefault))
		blocks = append(blocks, s)
	}
	if all > len(open) {
		blocks = append(blocks, quiet(sc.words.Text("chase-more", d)))
	}
	if sc.line != "" {
		blocks = append(blocks, section(sc.words.Quote("chase-mantra", d, sc.line, "")),
			slack.NewActionBlock("b-chase",
				sc.button(form.ActStart, "button-start", slack.StyleDefault), sc.button(form.ActReminder, "button-reminder", slack.StyleDefault)))
	}
	return blocks
}
