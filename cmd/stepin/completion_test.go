package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// shellOf finds a shell, or skips the test.
func shellOf(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("there is no %s here", name)
	}
	return path
}

// completionOf writes the script for a shell into a folder of its own, which the shell has accepted as one of its own.
func completionOf(t *testing.T, shell string) (script string) {
	t.Helper()
	got := stepin(t, "completion", shell)
	got.has(t, 0)
	script = put(t, t.TempDir(), "script", got.out)
	if out, err := exec.CommandContext(t.Context(), shellOf(t, shell), "-n", script).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%s -n: %v\n%s", shell, err, out)
	}
	return script
}

// typed runs a shell with an input and gives its output. Its home is empty.
func typed(t *testing.T, input, shell string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shellOf(t, shell), args...)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"HOME=" + cmd.Dir, "PATH=" + os.Getenv("PATH"), "TERM=dumb", "INPUTRC=/dev/null"}
	cmd.Stdin = strings.NewReader(input)
	put(t, cmd.Dir, "monday.db", "")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// completes are lines with what one tab makes of them, or offers, in every shell.
var completes = []struct {
	line  string
	words []string // exactly one is inserted, more are offered
}{
	{"stepin ba", []string{"backup"}},
	{"stepin co", []string{"compact", "config", "completion"}},
	{"stepin backup mo", []string{"monday.db"}},
	{"stepin backup --da", []string{"--damaged"}},
	{"stepin backup --db mo", []string{"monday.db"}},
	{"stepin export --format j", []string{"json"}},
	{"stepin deploy sy", []string{"systemd"}},
	{"stepin help cau", []string{"causes"}},
	{"stepin manifest --with chan", []string{"channel-lookup"}},
	{"stepin completion z", []string{"zsh"}},
	{"stepin status --q", []string{"--quiet"}},
}

// A real bash completes what is typed at a tab, and offers more words at a second tab.
func TestCompletionInBash(t *testing.T) {
	t.Parallel()
	script := completionOf(t, "bash")
	for _, tt := range completes {
		tabs := "\t"
		if len(tt.words) > 1 {
			tabs = "\t\t"
		}
		out := typed(t, "source "+script+"\nstepin() { echo \"<stepin $*>\"; }\n"+tt.line+tabs+"\n", "bash", "--norc", "-i")
		if len(tt.words) == 1 {
			if want := "<" + tt.line[:strings.LastIndex(tt.line, " ")+1] + tt.words[0] + ">"; !strings.Contains(out, want) {
				t.Errorf("%q: no %s in\n%s", tt.line, want, out)
			}
			continue
		}
		for _, w := range tt.words {
			if !slices.Contains(strings.Fields(out), w) {
				t.Errorf("%q: %s is not offered in\n%s", tt.line, w, out)
			}
		}
	}
}

// fish says itself what it completes.
func TestCompletionInFish(t *testing.T) {
	t.Parallel()
	script := completionOf(t, "fish")
	for _, tt := range completes {
		out := typed(t, "", "fish", "--no-config", "-c", "source "+script+"; complete -C '"+tt.line+"'")
		var got []string
		for line := range strings.Lines(out) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			got = append(got, word)
		}
		slices.Sort(got)
		if want := slices.Sorted(slices.Values(tt.words)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, not %q", tt.line, got, want)
		}
	}
}

// zsh completes in a terminal only, so its own functions are stood in for here: what they are given is what it offers.
func TestCompletionInZsh(t *testing.T) {
	t.Parallel()
	script := completionOf(t, "zsh")
	const stands = `
compdef() { [[ $1 == _stepin && $2 == stepin ]] || print wrong }
offer() { local w; for w; do [[ $w == ${PREFIX}* ]] && print -r -- "<$w>"; done }
compadd() { shift; offer "$@" }
_files() { offer *(N) }
_describe() { local -a all; [[ $1 == -o ]] && shift; all=(${(P)2}); offer ${all%%:*} }
`
	for _, tt := range completes {
		words := strings.Fields(tt.line)
		out := typed(t, stands+"source "+script+"\nwords=("+tt.line+")\nCURRENT="+string(rune('0'+len(words)))+
			"\nPREFIX='"+words[len(words)-1]+"'\n_stepin\ntrue\n", "zsh", "-f")
		for _, w := range tt.words {
			if !strings.Contains(out, "<"+w+">") {
				t.Errorf("%q: no %s in %s", tt.line, w, out)
			}
		}
	}
}

// The scripts name every command and every flag that --help names.
func TestCompletionIsWhole(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	for shell, of := range map[string]string{
		"bash": `(?s)\n\t%s\)\n.*?--%s[ :].*?esac ;;\n`, "zsh": `(?s)\n\t%s\)\n.*?'--%s:.*?;;\n`, "fish": `_from %s' -l %s -d `,
	} {
		script := stepin(t, "completion", shell).out
		for _, l := range parser.Model.Leaves(false) {
			for _, f := range append(l.Flags, parser.Model.HelpFlag) {
				if !regexp.MustCompile(fmt.Sprintf(of, l.Name, f.Name)).MatchString(script) {
					t.Errorf("%s does not complete %s --%s", shell, l.Name, f.Name)
				}
			}
		}
	}
	stepin(t, "completion", "tcsh").has(t, exitUsage, "bash", "zsh", "fish")
}
