package words

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/template"
	"text/template/parse"

	"stepin/nudges/text"
	"stepin/nudges/verdict"
)

//go:embed texts.tmpl mantras.txt
var wordFiles embed.FS

// Shipped are the words that stepin comes with. They are read at the first use: most commands need none.
var Shipped = sync.OnceValue(mustWords)

func mustWords() *Words {
	w := &Words{texts: map[string]wording{}}
	var problems []error
	w.questions, problems = readQuestions("questions.yaml", verdict.QuestionsYAML, nil)
	problems = append(problems, w.readTexts("texts.tmpl", mustRead("texts.tmpl"), true)...)
	w.mantras, _ = readMantras("mantras.txt", mustRead("mantras.txt"))
	problems = append(problems, w.compile()...)
	if err := errors.Join(problems...); err != nil {
		panic("nudges/words: " + err.Error())
	}
	return w
}

func mustRead(name string) string {
	data, err := wordFiles.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// Load gives the words that stepin comes with, reworded by files: a
// questions.yaml rewords questions by their ids, the {{define}}s of a texts.tmpl
// replace texts by their names, and a mantras.txt replaces the list. files has the texts of
// those that lie in the folder dir, by their names, and at least the names of the others. All
// that is wrong with them is reported at once, as "FILE:LINE: reason" with what to do about it.
func Load(dir string, files map[string]string) (*Words, error) {
	w := &Words{
		texts: map[string]wording{}, questions: cloneQuestions(Shipped().questions),
		mantras: Shipped().mantras,
	}
	maps.Copy(w.texts, Shipped().texts)
	problems := w.override(dir, files)
	problems = append(problems, w.compile()...)
	problems = append(problems, w.check()...)
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return w, nil
}

// Files are the names of the files that a folder of wording may have.
var Files = []string{"questions.yaml", "texts.tmpl", "mantras.txt"}

func (w *Words) override(dir string, files map[string]string) (problems []error) {
	for _, n := range slices.Sorted(maps.Keys(files)) { // one that is misnamed would count for nothing
		if !slices.Contains(Files, n) && slices.Contains([]string{".yaml", ".yml", ".tmpl", ".txt"}, filepath.Ext(n)) {
			problems = append(problems, fmt.Errorf("%s: no wording file is called so. There are %s",
				filepath.Join(dir, n), strings.Join(Files, ", ")))
		}
	}
	if data, ok := files["questions.yaml"]; ok {
		qs, bad := readQuestions(filepath.Join(dir, "questions.yaml"), []byte(data), w.questions)
		w.questions, problems = qs, append(problems, bad...)
	}
	if data, ok := files["texts.tmpl"]; ok {
		problems = append(problems, w.readTexts(filepath.Join(dir, "texts.tmpl"), data, false)...)
	}
	if data, ok := files["mantras.txt"]; ok {
		lines, bad := readMantras(filepath.Join(dir, "mantras.txt"), data)
		w.mantras, problems = lines, append(problems, bad...)
	}
	return problems
}

// A definition begins a line, so that what is wrong with one is told apart from the next.
var (
	definition = regexp.MustCompile(`(?m)^\{\{-?\s*define\s+"([^"]*)"`)
	lineOf     = regexp.MustCompile(`^template: [^:]*:(\d+)(?::\d+)?:\s*`)
)

// readTexts takes the texts of a file. Names that are not there yet are taken only if mayAdd.
func (w *Words) readTexts(file, data string, mayAdd bool) []error {
	var problems []error
	bad := func(line int, format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s:%d: %s", file, line, fmt.Sprintf(format, args...)))
	}
	starts := definition.FindAllStringSubmatchIndex(data, -1)
	head := data
	if len(starts) > 0 {
		head = data[:starts[0][0]]
	}
	if t, err := template.New("").Parse(head); err != nil || strings.TrimSpace(t.Root.String()) != "" {
		bad(1, "a file of texts begins with {{define \"…\"}} or a comment. "+
			"Put each text between {{define \"name\"}} and {{end}}")
	}
	seen := map[string]int{}
	for i, at := range starts {
		till := len(data)
		if i+1 < len(starts) {
			till = starts[i+1][0]
		}
		name, line := data[at[2]:at[3]], 1+strings.Count(data[:at[0]], "\n")
		if first, twice := seen[name]; twice {
			bad(line, "%q stands in line %d already. Keep one of them", name, first)
			continue
		}
		seen[name] = line
		if _, known := w.texts[name]; !known && !mayAdd {
			bad(line, "there is no text %q.%s", name, nearest(name, w.texts))
			continue
		}
		root, err := template.New("").Parse(data[at[0]:till])
		if err != nil {
			problems = append(problems, templateError(file, line, err))
			continue
		}
		t := root.Lookup(name)
		if strings.TrimSpace(root.Root.String()) != "" {
			bad(line, "there is text after the {{end}} of %q. Move it inside, or take it out", name)
		}
		if t == nil || t.Tree == nil {
			bad(line, "%q is empty. Give it words, or take it out to keep ours", name)
			continue
		}
		w.texts[name] = wording{t, source{Text: data[at[0]:till], File: file, Line: line}}
	}
	return problems
}

// nearest suggests the name that begins most alike.
func nearest(name string, texts map[string]wording) string {
	best, most := "", 2
	for known := range keys(texts) {
		n := 0
		for n < len(known) && n < len(name) && known[n] == name[n] {
			n++
		}
		if n > most || n == most && known < best {
			best, most = known, n
		}
	}
	if best == "" {
		return " Take it out"
	}
	return fmt.Sprintf(" Did you mean %q?", best)
}

func templateError(file string, line int, err error) error {
	msg := err.Error()
	if m := lineOf.FindStringSubmatch(msg); m != nil {
		if n, bad := strconv.Atoi(m[1]); bad == nil {
			line, msg = line+n-1, strings.TrimPrefix(msg, m[0])
		}
	}
	return fmt.Errorf("%s:%d: %s. Check the {{ and }} there", file, line, msg)
}

// compile makes templates of the questions' wording, and lets templates name nothing
// but what there is to name. It leaves out what it complains of.
func (w *Words) compile() []error {
	var problems []error
	w.wordings = map[source]*template.Template{}
	one := func(s source) {
		if s.Text == "" {
			return
		}
		t, err := template.New("").Parse(s.Text)
		if err != nil {
			problems = append(problems, templateError(s.File, s.Line,
				errors.New(lineOf.ReplaceAllString(err.Error(), ""))))
			return
		}
		if what := foreign(t.Root); what != "" {
			problems = append(problems, fmt.Errorf("%s:%d: %s", s.File, s.Line, what))
			return
		}
		w.wordings[s] = t
	}
	for _, q := range w.questions {
		one(q.Ask)
		for _, o := range q.Options {
			one(o.Text)
			one(o.Said)
		}
	}
	for _, name := range slices.Sorted(keys(w.texts)) {
		t := w.texts[name]
		if what := foreign(t.tmpl.Root); what != "" {
			problems = append(problems, fmt.Errorf("%s:%d: %q: %s", t.from.File, t.from.Line, name, what))
			delete(w.texts, name)
		}
	}
	return problems
}

// fields are what a template may name.
var fields = []string{
	"Rep", "Deal", "Manager", "Plan", "Typed", "Rung", "Starts", "Ends", "Day", "Until",
	"Code", "Mantra", "Was", "N", "First", "Second", "Who", "Reason", "Help", "Guess", "Learn", "Took", "Coached",
	"Soon",
}

// foreign says what in a template is more than words, fields and conditions; "" if
// nothing. So no wording can fail, run on or reach anything once it is loaded.
func foreign(n parse.Node) string {
	var in []parse.Node
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			in = n.Nodes
		}
	case *parse.IfNode:
		in = []parse.Node{n.Pipe, n.List}
		if n.ElseList != nil {
			in = append(in, n.ElseList)
		}
	case *parse.ActionNode:
		in = []parse.Node{n.Pipe}
	case *parse.PipeNode:
		if len(n.Cmds) != 1 || len(n.Decl) > 0 || len(n.Cmds[0].Args) != 1 {
			return fmt.Sprintf("{{%s}} is more than a name. Use names such as {{.Rep}}, and {{if .Deal}} … {{end}}", n)
		}
		in = []parse.Node{n.Cmds[0].Args[0]}
	case *parse.FieldNode:
		if len(n.Ident) != 1 || !slices.Contains(fields, n.Ident[0]) {
			return fmt.Sprintf("there is no {{%s}}. Use one of .%s", n, strings.Join(fields, " ."))
		}
	case *parse.TextNode, *parse.CommentNode:
	default:
		return fmt.Sprintf("%s is not for texts. Use names such as {{.Rep}}, and {{if .Deal}} … {{end}}", n)
	}
	for _, x := range in {
		if what := foreign(x); what != "" {
			return what
		}
	}
	return ""
}

// readMantras takes a line each; lines that begin with # and empty ones are skipped.
func readMantras(file, data string) ([]string, []error) {
	var lines []string
	var problems []error
	at := map[string]int{}
	for i, line := range strings.Split(data, "\n") {
		line = strings.TrimSpace(line)
		switch first, twice := at[line]; {
		case line == "" || strings.HasPrefix(line, "#"):
		case twice:
			problems = append(problems, fmt.Errorf("%s:%d: the same as line %d. Keep one of them", file, i+1, first))
		case text.Quoted(line) == "" || text.Quoted(line).Plain() != line &&
			!strings.ContainsRune(text.Quoted(line).Plain(), '\u2068'):
			problems = append(problems, fmt.Errorf("%s:%d: invisible characters. Type the line again", file, i+1))
		case len([]rune(line)) > roomMantra:
			problems = append(problems, fmt.Errorf("%s:%d: %d characters, at most %d fit. Shorten it", file, i+1,
				len([]rune(line)), roomMantra))
		default:
			at[line] = i + 1
			lines = append(lines, line)
		}
	}
	if len(lines) < fewestMantras {
		problems = append(problems,
			fmt.Errorf("%s:1: %d lines, at least %d are needed to have one for a fortnight and more. Add some", file,
				len(lines), fewestMantras))
	}
	return lines, problems
}
