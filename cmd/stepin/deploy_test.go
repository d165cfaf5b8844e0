package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// deployed is what deploy prints.
func deployed(t *testing.T, to string) string {
	t.Helper()
	s := stepin(t, "deploy", to)
	s.has(t, 0)
	return s.out
}

var (
	aVariable = regexp.MustCompile(`\b(?:SLACK|STEPIN)_[A-Z_]+\b`)
	aCommand  = regexp.MustCompile(`(?:/|\b)stepin["']?,? +["']?([a-z]+)\b(?:["']?,? +["']?(--[a-z-]+))?`)
)

// Every variable, command and flag that the examples and the Dockerfile name exists.
func TestDeployNamesWhatIsThere(t *testing.T) {
	parser, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	commands := map[string][]string{}
	for _, n := range parser.Model.Children {
		commands[n.Name] = nil
		for _, f := range n.Flags {
			commands[n.Name] = append(commands[n.Name], "--"+f.Name)
		}
	}
	texts := map[string]string{}
	for to := range deployFile {
		texts[to] = deployed(t, to)
	}
	docker, err := os.ReadFile(filepath.Join("..", "..", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	texts["Dockerfile"] = string(docker)
	for name, text := range texts {
		vars := aVariable.FindAllString(text, -1)
		if len(vars) == 0 {
			t.Errorf("%s names no variable", name)
		}
		for _, v := range vars {
			if !slices.Contains(readVariables(), v) {
				t.Errorf("%s names %s, which nobody reads", name, v)
			}
		}
		named := 0
		for _, m := range aCommand.FindAllStringSubmatch(text, -1) {
			flags, is := commands[m[1]]
			if !is {
				continue // a word of a sentence, or a command of somebody else's about stepin
			}
			named++
			if m[2] != "" && !slices.Contains(flags, m[2]) {
				t.Errorf("%s names stepin %s %s, which is not there", name, m[1], m[2])
			}
		}
		if named == 0 {
			t.Errorf("%s names no command", name)
		}
		if name != "systemd" && name != "kubernetes-once" && !regexp.MustCompile(`"?/stepin"?, "?status"?, "?--quiet"?`).MatchString(text) {
			t.Errorf("%s does not ask stepin how it is", name)
		}
	}
}

// The configuration in the example for Kubernetes is valid.
func TestDeployKubernetesConfig(t *testing.T) {
	for _, d := range documents(t, deployed(t, "kubernetes")) {
		if text, _ := dig(d, "data", "stepin.yaml").(string); text != "" {
			configOf(t, text)
			return
		}
	}
	t.Error("it has none")
}

// The volume holds the file of as many calls as it says, its rewrite and a copy.
func TestDeployKubernetesVolume(t *testing.T) {
	text := deployed(t, "kubernetes")
	m := regexp.MustCompile(`storage: (\d+)Gi # for ([\d,]+) calls`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no volume in %s", text)
	}
	gb, err := strconv.ParseInt(m[1], 10, 64)
	calls, bad := strconv.ParseInt(strings.ReplaceAll(m[2], ",", ""), 10, 64)
	if err != nil || bad != nil || gb<<30 < volume(calls*callBytes) {
		t.Errorf("%d GiB for %d calls", gb, calls)
	}
	if !strings.Contains(topic("settings"), size(volume(calls*callBytes))) {
		t.Error("the settings do not have the sum")
	}
}

// The change that the comment describes for a compact gives a pod that runs it.
func TestDeployKubernetesOnceForCompact(t *testing.T) {
	text := deployed(t, "kubernetes-once")
	begins := strings.Index(text, "  initContainers:\n")
	rest := regexp.MustCompile(`(?m)^  [a-z]`).FindAllStringIndex(text[begins:], 2)
	text = text[:begins] + text[begins:][rest[1][0]:]
	text = strings.Replace(text, "\n      args: [restore, /data/monday.db, --force]\n", "\n      args: [compact]\n", 1)
	pod := documents(t, text)[0]
	box := dig(pod, "spec", "containers", "0")
	if dig(pod, "spec", "initContainers") != nil || dig(box, "args", "0") != "compact" || dig(box, "volumeMounts", "0", "mountPath") != "/data" || dig(box, "securityContext", "readOnlyRootFilesystem") != true {
		t.Errorf("%v", pod)
	}
}
