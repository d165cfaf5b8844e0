package words

import (
	"bytes"
	_ "embed"
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

//go:embed texts.tmpl
var textsFile string

//go:embed mantras.txt
var mantrasFile string

// Shipped are the words that stepin comes with. They are read at the first use: most commands need none. A test checks
// them, not each start.
var Shipped = sync.OnceValue(func() *Words {
	w := &Words{texts: shippedTexts()}
	var problems []error
	w.questions, problems = readQuestions("questions.yaml", verdict.QuestionsYAML, nil)
	if err := errors.Join(problems...); err != nil {
		panic("nudges/words: " + err.Error())
	}
	w.mantras, _ = readMantras("mantras.txt", mantrasFile)
	return w
})

// shippedTexts are the texts of our own file, where each begins a line with nothing but {{define.
func shippedTexts() map[string]*wording {
	const begin = "\n{{define \""
	all := make([]wording, strings.Count(textsFile, begin))
	texts := make(map[string]*wording, len(all))
	head, rest, _ := strings.Cut(textsFile, begin)
	line := 1 + strings.Count(head, "\n")
	for i := range all {
		at := len(textsFile) - len(rest)
		var this string
		this, rest, _ = strings.Cut(rest, begin)
		name, _, _ := strings.Cut(this, "\"")
		line++
		all[i] = wording{
			text: textsFile[at-len(begin)+1 : at+len(this)], name: name, file: "texts.tmpl", line: line,
		}
		texts[name] = &all[i]
		line += strings.Count(this, "\n")
	}
	return texts
}

// Load gives the words that stepin comes with, reworded by files: a
// questions.yaml rewords questions by their ids, the {{define}}s of a texts.tmpl
// replace texts by their names, and a mantras.txt replaces the list. files has the texts of
// those that lie in the folder dir, by their names, and at least the names of the others. All
// that is wrong with them is reported at once, as "FILE:LINE: reason" with what to do about it.
func Load(dir string, files map[string]string) (*Words, error) {
	w := &Words{
		texts: maps.Clone(Shipped().texts), questions: cloneQuestions(Shipped().questions),
		mantras: Shipped().mantras,
	}
	problems := w.override(dir, files)
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
		problems = append(problems, w.readTexts(filepath.Join(dir, "texts.tmpl"), data)...)
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

// readTexts takes the texts of a file, in place of those of the same names.
func (w *Words) readTexts(file, data string) []error {
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
		if _, known := w.texts[name]; !known {
			bad(line, "there is no text %q.%s", name, nearest(name, w.texts))
			continue
		}
		x := &wording{text: data[at[0]:till], name: name, file: file, line: line}
		if _, faults := x.parsed(); len(faults) > 0 { // ours stays, for others name it
			problems = append(problems, faults...)
			continue
		}
		w.texts[name] = x
	}
	return problems
}

// nearest suggests the name that begins most alike.
func nearest(name string, texts map[string]*wording) string {
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

// A wording is a text with the place where somebody can change it. It is parsed when it is needed: many never are.
type wording struct {
	text string
	name string // of the text that is defined in it; "" if all of it is the text
	file string
	line int

	once   sync.Once
	tmpl   *template.Template
	fixed  text.Text // what tmpl says if it names nothing; "" if it does
	faults []error
}

// parsed is the template, or what is wrong with it. It names nothing but what there is to name.
func (x *wording) parsed() (*template.Template, []error) {
	if x == nil {
		return nil, nil
	}
	x.once.Do(func() {
		t, err := template.New("").Parse(x.text)
		if err != nil {
			x.faults = []error{x.unparsed(err)}
			return
		}
		if x.name != "" {
			if strings.TrimSpace(t.Root.String()) != "" {
				x.faults = append(x.faults,
					x.fault("there is text after the {{end}} of %q. Move it inside, or take it out", x.name))
			}
			if t = t.Lookup(x.name); t == nil || t.Tree == nil {
				x.faults = append(x.faults, x.fault("%q is empty. Give it words, or take it out to keep ours", x.name))
				return
			}
		}
		switch what := foreign(t.Root); {
		case what == "":
		case x.name == "":
			x.faults = append(x.faults, x.fault("%s", what))
		default:
			x.faults = append(x.faults, x.fault("%q: %s", x.name, what))
		}
		if len(x.faults) == 0 {
			x.tmpl = t
			if all := t.Root.Nodes; len(all) == 1 { // most options name nothing
				if fixed, ok := all[0].(*parse.TextNode); ok {
					x.fixed = text.Text(bytes.TrimSpace(fixed.Text))
				}
			}
		}
	})
	return x.tmpl, x.faults
}

func (x *wording) fault(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", x.file, x.line, fmt.Sprintf(format, args...))
}

// unparsed says where the parser gave up. Lines inside a text of YAML are not lines of its file.
func (x *wording) unparsed(err error) error {
	line, msg := x.line, err.Error()
	if m := lineOf.FindStringSubmatch(msg); m != nil {
		msg = strings.TrimPrefix(msg, m[0])
		if n, bad := strconv.Atoi(m[1]); bad == nil && x.name != "" {
			line += n - 1
		}
	}
	return fmt.Errorf("%s:%d: %s. Check the {{ and }} there", x.file, line, msg)
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
