package bot

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
)

// A scene is all that a screen shows.
type scene struct {
	words  *nudges.Words
	r      nudges.Request
	d      nudges.Data
	zone   *time.Location
	notice string      // name of a text above the rest; "" for none
	wish   nudges.Rung // the rung tapped, if it is not the recommended one
	text   string      // of a note: name of the text

	viewer nudges.UserID
	now    time.Time
	names  map[nudges.UserID]string
	ask    nudges.Marked // whom a refusal says to ask
	team   nudges.Team   // of the request's manager, or the viewer's own
	fixed  Fixed         // what of it the configuration sets
	bond   nudges.BondState
	rem    nudges.Reminder // the viewer's own
	line   nudges.Marked   // what it says
	zones  nudges.Zones
	keep   nudges.Keep // what is asked and kept

	learning []nudges.LearningDeal // the viewer's own, where they are shown
	led      string                // in the form for a debrief: who led the call, as far as said
	channel  bool                  // and whether it can be in the team's channel
	history  history               // what of it is looked at
}

// newScene is what can be shown of r at now to its viewer, in their zone; names are of those
// whom it can name.
func newScene(words *nudges.Words, r nudges.Request, viewer nudges.UserID, names map[nudges.UserID]string, zone *time.Location, now time.Time) scene {
	sc := scene{
		words: words, r: r, d: nudges.Data{Manager: names[r.Manager], Rep: names[r.Rep]},
		viewer: viewer, names: names, zone: zone, now: now,
	}
	if r.ID == "" {
		return sc
	}
	rung, _ := r.Decision.Rung()
	sc.d.Deal, sc.d.Plan, sc.d.Rung, sc.d.Learn = r.Deal, r.Plan, rung, r.Past.Learn
	sc.d.Starts, sc.d.Ends, sc.d.Was, sc.d.Until = sc.clock(r.Starts), sc.clock(r.Ends), sc.clock(r.Begun), sc.clock(r.Grant.Until)
	sc.d.Day = day(words, r.Starts.In(zone), now.In(zone))
	if nudges.DateIn(r.Begun, zone) != nudges.DateIn(now, zone) {
		sc.d.Was = "" // an hour alone is one of today
	}
	if !r.Past.Took.IsZero() {
		sc.d.Took = r.Past.Took.In(zone).Format("2 Jan")
		var skills []string
		for _, c := range r.Past.Coached {
			if !slices.Contains(skills, c.Skill) && c.Skill != "" {
				skills = append(skills, c.Skill)
			}
		}
		sc.d.Coached = strings.Join(skills, ", ")
	}
	return sc
}

// day names the day of a moment as people do.
func day(words *nudges.Words, t, today time.Time) string {
	switch nudges.DateIn(t, t.Location()) {
	case nudges.DateIn(today, t.Location()):
		return words.Text("day-today", nudges.Data{}).Plain()
	case nudges.DateIn(today.AddDate(0, 0, 1), t.Location()):
		return words.Text("day-tomorrow", nudges.Data{}).Plain()
	}
	return t.Format("Mon 2 Jan")
}

// view is a screen as it is sent.
func view(s form.Screen, sc scene) slack.ModalViewRequest { return fitView(drawView(s, sc)) }

// drawView draws a screen. It is a pure function of the scene.
func drawView(s form.Screen, sc scene) slack.ModalViewRequest {
	v := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: string(s), PrivateMetadata: form.WriteMetadata(sc.r),
	}
	var blocks []slack.Block
	if sc.notice != "" {
		blocks = append(blocks, section(sc.words.Text(sc.notice, sc.d)))
	}
	switch s {
	case form.CallScreen:
		blocks = append(blocks, callBlocks(sc)...)
		sc.frame(&v, "title-pause", "submit-facts", "close-pause")
	case form.FieldsScreen:
		blocks = append(blocks, fieldBlocks(sc)...)
		sc.frame(&v, "title-fields", "submit-facts", "close-pause")
	case form.FactsScreen:
		blocks = append(blocks, factBlocks(sc)...)
		sc.frame(&v, "title-pause", "submit-verdict", "close-pause")
	case form.VerdictScreen:
		blocks = append(blocks, verdictBlocks(sc)...)
		sc.frame(&v, "title-verdict", "submit-decide", "close-pause")
	case form.ClosingScreen:
		blocks = append(blocks, closingBlocks(sc)...)
		title := "title-closing"
		if sc.r.Grant.State == nudges.Asked {
			title = "title-asked" // nothing is settled yet
		}
		sc.frame(&v, title, "submit-save", "")
	case form.NowScreen:
		blocks = append(blocks, nowBlocks(sc)...)
		sc.frame(&v, "title-now", "submit-now", "close-pause")
	case form.GlassScreen:
		blocks = append(blocks, glassBlocks(sc)...)
		sc.frame(&v, "title-glass", "submit-glass", "")
	case form.SentenceScreen:
		blocks = append(blocks, sc.typed("sentence-lead", form.ActSentence, "label-sentence", "", "", true)...)
		sc.frame(&v, "title-sentence", "submit-send", "close-no-need")
	case form.WordScreen:
		blocks = append(blocks, sc.typed("help-lead", form.ActHelp, "label-help", "placeholder-help", sc.r.Word.Help, true)...)
		sc.frame(&v, "title-help", "submit-send", "close-no-need")
	case form.CoachingScreen:
		blocks = append(blocks, coachingBlocks(sc)...)
		sc.frame(&v, "title-coaching", "submit-done", "close-pause")
	case form.WordsScreen:
		blocks = append(blocks, wordsBlocks(sc)...)
		sc.frame(&v, "title-words", "", "")
	case form.PullScreen:
		blocks = append(blocks, pullBlocks(sc)...)
		sc.frame(&v, "title-pull", "submit-ask", "")
	case form.TeamScreen:
		blocks = append(blocks, teamBlocks(sc)...)
		sc.frame(&v, "title-team", "submit-save", "")
	case form.ReminderScreen:
		blocks = append(blocks, reminderBlocks(sc)...)
		sc.frame(&v, "title-reminder", "submit-save", "")
	case form.LearningScreen:
		blocks = append(blocks, learningBlocks(sc)...)
		sc.frame(&v, "title-learning", "submit-learning", "")
	case form.LogScreen:
		blocks = append(blocks, logBlocks(sc)...)
		sc.frame(&v, "title-log", "submit-save", "")
	case form.NotDoingScreen:
		blocks = append(blocks, notDoingBlocks(sc)...)
		sc.frame(&v, "title-not-doing", "submit-not-doing", "close-pause")
	case form.RescheduleScreen:
		blocks = append(blocks, rescheduleBlocks(sc)...)
		sc.frame(&v, "title-reschedule", "submit-save", "close-pause")
	case form.DebriefScreen:
		blocks = append(blocks, debriefFormBlocks(sc)...)
		sc.frame(&v, "title-debrief", "submit-debrief", "")
	case form.HistoryScreen:
		v.PrivateMetadata = form.WriteHistoryFilter(sc.history.glance)
		blocks = append(blocks, historyBlocks(sc)...)
		sc.frame(&v, "title-history", "", "")
	case form.ForgetScreen:
		blocks = append(blocks, forgetBlocks(sc)...)
		sc.frame(&v, "title-forget", "submit-forget", "")
	case form.StatusScreen:
		blocks = append(blocks, cardBlocks(sc, false)...)
		sc.frame(&v, "title-card", "", "")
	case form.DecidedScreen:
		blocks = append(blocks, section(doneText(sc)))
		sc.frame(&v, "title-note", "", "")
	default:
		blocks = append(blocks, section(sc.words.Quote(cmp.Or(sc.text, "err-not-found"), sc.d, sc.ask, "")))
		sc.frame(&v, "title-note", "", "")
	}
	v.Blocks = slack.Blocks{BlockSet: blocks}
	return v
}

func (sc scene) frame(v *slack.ModalViewRequest, title, submit, closing string) {
	v.Title = plain(sc.words.Text(title, sc.d))
	if submit != "" {
		v.Submit = plain(sc.words.Text(submit, sc.d))
	}
	if closing == "" {
		closing = "button-close"
	}
	v.Close = plain(sc.words.Text(closing, sc.d))
}

func section(m nudges.Marked) *slack.SectionBlock {
	return slack.NewSectionBlock(mrkdwn(m), nil, nil)
}

func quiet(m nudges.Marked) *slack.ContextBlock {
	return slack.NewContextBlock("", mrkdwn(m))
}

func (sc scene) button(action, text string, style slack.Style) *slack.ButtonBlockElement {
	b := slack.NewButtonBlockElement(action, form.WriteMetadata(sc.r), plain(sc.words.Text(text, sc.d)))
	b.Style = style
	return b
}

// first two buttons of every screen: holding back is the easiest thing to do.
func (sc scene) easiest(ask bool) slack.Block {
	el := []slack.BlockElement{sc.button(form.ActHold, "button-hold-back", slack.StylePrimary)}
	if ask {
		el = append(el, sc.button(form.ActAsk, "button-ask-first", slack.StyleDefault))
	}
	return slack.NewActionBlock("b-easiest", el...)
}

// typed is a sentence and a field of 300 characters (EXACT, "Escaping").
func (sc scene) typed(lead, action, label, placeholder, was string, optional bool) []slack.Block {
	var holder *slack.TextBlockObject
	if placeholder != "" {
		holder = plain(sc.words.Text(placeholder, sc.d))
	}
	el := slack.NewPlainTextInputBlockElement(holder, action)
	el.MaxLength, el.InitialValue = 300, was
	in := slack.NewInputBlock(form.Block(action), plain(sc.words.Text(label, sc.d)), nil, el)
	in.Optional = optional
	if lead == "" {
		return []slack.Block{in}
	}
	return []slack.Block{section(sc.words.Text(lead, sc.d)), in}
}

// name is somebody's name, as far as the scene knows it.
func (sc scene) name(id nudges.UserID) string { return sc.names[id] }

// clock is a moment in the viewer's zone; "" for none.
func (sc scene) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(sc.zone).Format("15:04")
}

func (sc scene) options(q nudges.QuestionID) []*slack.OptionBlockObject {
	var out []*slack.OptionBlockObject
	for _, o := range sc.words.Question(q, sc.d).Options {
		out = append(out, slack.NewOptionBlockObject(string(o.ID), plain(o.Text), nil))
	}
	return out
}

// picked is the option that is chosen already; nil if none, for nothing is preselected.
func picked(options []*slack.OptionBlockObject, value string) *slack.OptionBlockObject {
	for _, o := range options {
		if o.Value == value && value != "" {
			return o
		}
	}
	return nil
}

// tapQuestion is a question whose options are kept at each tap; a blank is allowed.
func (sc scene) tapQuestion(q nudges.QuestionID) slack.Block {
	opts := sc.options(q)
	radio := slack.NewRadioButtonsBlockElement(string(q), opts...)
	radio.InitialOption = picked(opts, string(sc.r.Answers[q]))
	s := slack.NewSectionBlock(mrkdwn(sc.words.Question(q, sc.d).Ask), nil, slack.NewAccessory(radio))
	s.BlockID = form.Block(string(q))
	return s
}

// mustQuestion is a question that has to be answered before the screen is submitted.
func (sc scene) mustQuestion(q nudges.QuestionID) slack.Block {
	opts := sc.options(q)
	radio := slack.NewRadioButtonsBlockElement(string(q), opts...)
	radio.InitialOption = picked(opts, string(sc.r.Answers[q]))
	in := slack.NewInputBlock(form.Block(string(q)), plain(sc.words.Question(q, sc.d).Ask), nil, radio)
	in.DispatchAction = true
	return in
}
