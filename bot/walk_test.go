package bot

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/bot/sandbox/hands"
	"stepin/bot/slackapi"
	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
)

// A walk looks for what is private in all that a story sent, showed and logged. Every option
// of every question has a letter of its own behind its text, and so has every kind of words
// that people type; none of our own texts has such letters. A letter tells who may see it.
type walk struct {
	r *rig
	// who has had a part in the story, by id
	managers, authors, reps, approvers map[string]bool
	wrote                              map[string]bool // by id and mark: what they typed themselves
	told                               map[string]bool // problems, each once
	blind                              bool            // the file cannot be read now
}

const (
	firstOption = 'ꀀ' // and on, one for each option
	firstTyped  = 'ꕀ' // and on, one for each kind of typed words
)

// marks are all letters that can be marks.
var marks = regexp.MustCompile(`[ꀀ-ꓽꕀ-ꘋ]`)

// typedKinds are the kinds of words that people type.
var typedKinds = []string{
	"deal", "plan", "guess", "help", "reason", "sentence", "coached", "skills", "learning",
	"learned", "link", "why-none", "note",
}

func typedMark(kind string) string {
	return string(rune(firstTyped + slices.Index(typedKinds, kind)))
}

// typedIn is the kind of what is typed into a field of that label; "" for what is no text.
func typedIn(label string) (kind string, ok bool) {
	for _, row := range [][2]string{
		{"Your own words", "plan"},
		{"Which deal", "deal"},
		{"Why not a smaller step?", "reason"},
		{"Why can't it wait?", "reason"},
		{"One sentence", "sentence"},
		{"Add a sentence?", "reason"},
		{"What would help?", "help"},
		{"what would help ", "guess"},
		{"What will you give", "note"},
		{"Tell ", "note"},
		{"What was it about?", "coached"},
		{"learn from it?", "learning"},
		{"Skills", "skills"},
		{"One thing learned", "learned"},
		{"What was the coaching on?", "learned"},
		{"Link to a recording", "link"},
		{"Why no debrief?", "why-none"},
		{"Who with?", ""},
		{"When was it?", ""},
		{"Whose calls?", ""},
		{"What time?", ""},
		{"Always in one time zone", ""},
		{"Pause until", ""},
		{"Start", ""},
		{"Day", ""},
		{"Length", ""},
		{"Whose call is it?", ""},
		{"Who's your manager?", ""},
		{"Your reps", ""},
		{"Who is asked first", ""},
		{"Who covers for", ""},
		{"Who is asked after", ""},
		{"Away ", ""},
		{"Where do debriefs", ""},
	} {
		if strings.Contains(label, row[0]) {
			return row[1], true
		}
	}
	return "", false
}

// theWords are the shipped words with a mark behind each option; toldToApprovers are the marks
// of those answers that an approver may read.
var theWords = sync.OnceValues(func() (w *words.Words, err error) {
	src, err := os.ReadFile("../nudges/verdict/questions.yaml")
	if err != nil {
		return nil, err
	}
	next := rune(firstOption)
	var q string
	text := regexp.MustCompile(`(text|said): "([^"]*)"`)
	lean := regexp.MustCompile(`, (lean: \d+|retired: true)`)
	var b strings.Builder
	for line := range strings.Lines(string(src)) {
		if name, ok := strings.CutSuffix(strings.TrimRight(line, "\n"), ":"); ok && !strings.HasPrefix(line, " ") {
			q = strings.Trim(name, `"`)
		}
		if retired := strings.Contains(line, "retired: true"); strings.Contains(line, "{text:") && !retired {
			line = text.ReplaceAllString(line, `$1: "${2}`+string(next)+`"`)
			optionMarks[next] = verdict.QuestionID(q)
			next++
		}
		line = lean.ReplaceAllString(line, "")
		b.WriteString(line)
	}
	return words.Load("marked", map[string]string{"questions.yaml": b.String()})
})

// optionMarks say to which question a mark belongs; written once, by theWords.
var optionMarks = map[rune]verdict.QuestionID{}

func (r *rig) walking() *walk {
	r.t.Helper()
	w, err := theWords()
	if err != nil {
		r.t.Fatal(err)
	}
	r.words = w
	set := func() map[string]bool { return map[string]bool{} }
	return &walk{r: r, managers: set(), authors: set(), reps: set(), approvers: set(), wrote: set(), told: set()}
}

// unmarked is a text as the people of a story read it.
func unmarked(s string) string { return marks.ReplaceAllString(s, "") }

// pick chooses an option that a person means, which has a mark behind it.
func (w *walk) pick(h *hands.Hands, question, option string) error {
	err := h.Pick(question, option)
	if err == nil || !strings.Contains(err.Error(), "sees no option") {
		return err
	}
	for _, o := range regexp.MustCompile(regexp.QuoteMeta(option)+`[ꀀ-ꓽ]`).FindAllString(h.Reads(), -1) {
		if h.Pick(question, o) == nil {
			return nil
		}
	}
	return err
}

// typed is what somebody types into a field, with its mark.
func (w *walk) typed(id, label, text string) (string, error) {
	kind, ok := typedIn(label)
	if !ok {
		return "", fmt.Errorf("say in typedIn who may read what is typed into %q", label)
	}
	if kind == "" || text == "" {
		return text, nil
	}
	w.wrote[id+typedMark(kind)] = true
	return markWords(text, typedMark(kind)), nil
}

// markWords puts the mark behind the first word, for what is cut in the end.
func markWords(text, mark string) string {
	first, rest, more := strings.Cut(text, " ")
	if !more {
		return first + mark
	}
	return first + mark + " " + rest
}

// line is a command with a mark on the name of the deal.
func (w *walk) line(id, s string) string {
	words := strings.Fields(s)
	if s == "/stepin why" { // the table, which shows all options and says nothing about anybody
		w.authors[id] = true
	}
	i := 1
	if len(words) > 1 && slices.Contains(form.Verbs, strings.ToLower(words[1])) {
		i = 2
	}
	if len(words) <= i || words[0] != "/stepin" {
		return s
	}
	if strings.HasPrefix(words[i], "@") {
		i++
	}
	if len(words) <= i || strings.ContainsAny(words[i], "<@") {
		return s
	}
	w.wrote[id+typedMark("deal")] = true
	return strings.Replace(s, words[i], words[i]+typedMark("deal"), 1)
}

// look notes who has a part in what is open, and looks at the windows that are open.
func (w *walk) look() {
	if w.blind {
		return
	}
	w.r.view(func(rd storage.Reader) error {
		for _, id := range who {
			open, err := storage.All(rd.OpenRequests(nudges.UserID(id)))
			if err != nil {
				return err
			}
			marked, err := rd.Learning(nudges.UserID(id))
			if err != nil {
				return err
			}
			for _, l := range marked {
				w.managers[id] = true
				w.reps[string(l.Rep)] = true
			}
			if last, err := rd.LastRequest(nudges.UserID(id)); err == nil {
				open = append(open, last)
			}
			shared, err := rd.SharedDebriefs(nudges.UserID(id), time.Time{})
			if err != nil {
				return err
			}
			for _, q := range shared {
				w.managers[string(q.Manager)], w.reps[id] = true, true
			}
			for _, q := range open {
				w.managers[id] = true
				w.authors[id] = true
				w.reps[string(q.Rep)] = true
				asked := q.Grant.Askees()
				if q.Grant.BreakGlass {
					asked = q.Grant.Route
				}
				for _, a := range asked {
					w.approvers[string(a)] = true
				}
			}
		}
		return nil
	})
	for _, id := range who {
		for _, v := range w.r.ws.Modals(id) {
			w.sees(id, "a window", v.JSON)
		}
	}
}

// mayRead says whether somebody may read what a mark stands for.
func (w *walk) mayRead(id string, mark rune) bool {
	if _, ok := optionMarks[mark]; ok { // reflections, estimates, motives, plans
		return w.authors[id]
	}
	switch typedKinds[int(mark-firstTyped)] {
	case "deal": // it names the call, to those who are on it or asked about it
		return w.managers[id] || w.reps[id] || w.approvers[id]
	case "reason", "sentence":
		return w.managers[id] || w.approvers[id]
	case "help", "note", "learning", "learned", "link", "why-none": // between the two
		return w.managers[id] || w.reps[id]
	case "skills": // what calls are hard on, and nothing about anybody: a rep picks one of them, too
		return w.managers[id] || w.reps[id]
	}
	return w.managers[id] // plan, guess, coached
}

func (w *walk) bad(format string, args ...any) {
	if s := fmt.Sprintf(format, args...); !w.told[s] {
		w.told[s] = true
		w.r.t.Error(s)
	}
}

// sees checks what somebody is shown; nobody reads the opaque fields of it.
func (w *walk) sees(id, where string, data json.RawMessage) {
	w.r.t.Helper()
	if !marks.Match(data) && !strings.Contains(string(data), `\ua`) {
		return
	}
	var v any
	if json.Unmarshal(data, &v) != nil {
		w.bad("%s of %s is no JSON: %s", where, calledBy(id), data)
		return
	}
	stateless(v)
	walkTexts("", v, func(field, text string) {
		for _, m := range marks.FindAllString(text, -1) {
			mark, _ := firstRune(m)
			noteSeen(mark)
			if !w.mayRead(id, mark) && !(field == "initial_value" && w.wrote[id+m]) {
				w.bad("%s reads on %s what is not theirs (%s): %q", calledBy(id), where, meaning(mark), text)
			}
			if slices.Contains(opaque, field) {
				w.bad("%s, %s: the field %s has private words: %q", where, calledBy(id), field, text)
			}
		}
	})
}

// openKinds are what may be read by more than one person: the call, and what was to be learned from it.
var openKinds = []string{"deal", "learning"}

// isOpen checks what is said in a channel or a group DM.
func (w *walk) isOpen(data json.RawMessage) {
	var v any
	if json.Unmarshal(data, &v) != nil {
		w.bad("no JSON: %s", data)
		return
	}
	if o, ok := v.(map[string]any); ok { // a call, whose blocks are JSON in a field
		if s, ok := o["blocks"].(string); ok {
			w.isOpen(json.RawMessage(s))
			return
		}
	}
	walkTexts("", v, func(field, text string) {
		for _, m := range marks.FindAllString(text, -1) {
			mark, _ := firstRune(m)
			noteSeen(mark)
			if optionMarks[mark] != "" || !slices.Contains(openKinds, typedKinds[int(mark-firstTyped)]) {
				w.bad("said in front of others (%s): %q", meaning(mark), text)
			}
			if slices.Contains(opaque, field) {
				w.bad("the field %s has private words: %q", field, text)
			}
		}
	})
}

// stateless takes out what a person typed themselves, which the platform holds for them.
func stateless(v any) {
	if o, ok := v.(map[string]any); ok {
		delete(o, "state")
	}
}

// walkTexts is walk without the values of skills, which are the manager's own names for them.
func walkTexts(name string, v any, f func(field, text string)) {
	eachText(name, v, func(field, text string) {
		if field == "value" && strings.Contains(text, typedMark("skills")) {
			return // an option of a menu that only the manager opens; Slack shows it to nobody
		}
		f(field, text)
	})
}

func firstRune(s string) (rune, bool) {
	for _, r := range s {
		return r, true
	}
	return 0, false
}

func calledBy(id string) string {
	for n, x := range who {
		if x == id {
			return n
		}
	}
	return id
}

func mustEncode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func meaning(mark rune) string {
	if q, ok := optionMarks[mark]; ok {
		return "an answer to " + string(q)
	}
	return typedKinds[int(mark-firstTyped)]
}

// seenMarks are those that any story showed to anybody: a walk that sees nothing proves nothing.
var seenMarks sync.Map

func noteSeen(m rune) { seenMarks.Store(m, true) }

// finish walks all that was ever sent and shown, and the log.
func (w *walk) finish() {
	w.r.t.Helper()
	w.look()
	ofDM := map[string]string{}
	openly := map[string]bool{} // channels and group DMs
	for _, p := range w.r.ws.People() {
		if p.Bot {
			continue
		}
		ofDM[p.ID] = p.ID
		if dm := w.r.ws.As(p.ID).DM(); dm != "" {
			ofDM[dm] = p.ID
		}
		for _, ch := range w.r.ws.Channels(p.ID) {
			openly[ch.ID] = openly[ch.ID] || ch.Kind != "im" // also where nothing got through
			for _, post := range w.r.ws.Posts(p.ID, ch.ID) {
				if !post.App {
					continue
				}
				if ch.Kind != "im" && len(post.Files) > 0 {
					w.bad("a file in front of others, in %s", ch.Name)
				}
				if ch.Kind != "im" && !post.Ephemeral {
					w.isOpen(post.Blocks)
					if marks.MatchString(post.Text + string(post.Metadata)) {
						w.bad("a message in %s has private words in its notification or metadata: %q", ch.Name,
							post.Text)
					}
					continue
				}
				w.sees(p.ID, "a message", post.Blocks)
				for _, f := range post.Files {
					w.sees(p.ID, "a file", json.RawMessage(f.Content))
					if marks.MatchString(f.Name + f.Title) {
						w.bad("the name of a file has private words: %q", f.Name)
					}
				}
				if post.Ephemeral { // read where it is asked for, and notified to nobody
					w.sees(p.ID, "a private answer", mustEncode(post.Text))
					continue
				}
				if marks.MatchString(post.Text + string(post.Metadata)) {
					w.bad("a message to %s has private words in its notification or metadata: %q %s", p.Name, post.Text,
						post.Metadata)
				}
			}
		}
	}
	files := map[string]string{} // to which conversation each was shared
	for _, c := range w.r.ws.Calls() {
		var args struct {
			Files   string
			Channel string `json:"channel_id"`
		}
		if c.Method != slackapi.SharesFile || json.Unmarshal(c.Args, &args) != nil {
			continue
		}
		var shared []slack.FileSummary
		_ = json.Unmarshal([]byte(args.Files), &shared)
		for _, f := range shared {
			files[f.ID] = args.Channel
		}
	}
	for _, c := range w.r.ws.Calls() {
		if !marks.Match(c.Args) && !strings.Contains(string(c.Args), `\ua`) {
			continue
		}
		var args map[string]any
		if json.Unmarshal(c.Args, &args) != nil {
			w.bad("%s: %s", c.Method, c.Args)
			continue
		}
		if text, _ := args["text"].(string); strings.HasPrefix(c.Method, "chat.") && marks.MatchString(text) {
			w.bad("%s: a notification with private words: %q", c.Method, text)
		}
		walkTexts("", args, func(field, text string) {
			if slices.Contains(opaque, field) && marks.MatchString(text) {
				w.bad("%s: %s has private words: %q", c.Method, field, text)
			}
		})
		channel, _ := args["channel"].(string)
		user, _ := args["user_id"].(string)
		switch c.Method {
		case "chat.postMessage", "chat.update":
			if openly[channel] {
				w.isOpen(c.Args)
				continue
			}
			if ofDM[channel] == "" {
				w.bad("%s to %s: %s", c.Method, channel, c.Args)
			}
			w.sees(ofDM[channel], c.Method, c.Args)
		case "upload": // read by whom it is shared with; of others, in an own file, nothing may be
			id, _ := args["file"].(string)
			content, _ := args["content"].(string)
			if owner := ofDM[files[id]]; owner == "" {
				w.bad("a file with private words is shared with nobody in person: %s", c.Args)
			} else {
				w.sees(owner, c.Method, json.RawMessage(content))
			}
		case "views.publish":
			w.sees(user, c.Method, c.Args)
		case "views.open", "views.update", "response_url", "ack": // seen in windows and messages
		default:
			w.bad("%s carries private words: %s", c.Method, c.Args)
		}
	}
	if f := figures(w.r.bot); marks.MatchString(f) || strings.Contains(f, "U0") {
		w.bad("measured: %s", f)
	}
	if log := w.r.log.String(); marks.MatchString(log) || strings.Contains(log, `\ua`) {
		w.bad("private words in the log:\n%s", log)
	}
}

// everySeen checks that each kind of typed words, and the options, were shown to somebody.
func everySeen(t *testing.T) {
	t.Helper()
	for i, kind := range typedKinds {
		if _, ok := seenMarks.Load(rune(firstTyped + i)); !ok {
			t.Errorf("no story shows %s: the walk sees too little", kind)
		}
	}
	for m, q := range optionMarks {
		if _, ok := seenMarks.Load(m); !ok && q != verdict.QWhyNot {
			t.Errorf("no story shows an answer to %s", q)
		}
	}
}
