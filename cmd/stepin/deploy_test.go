package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"stepin/cmd/stepin/config"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v4"
)

// deployed is what deploy prints.
func deployed(t *testing.T, to string) string {
	t.Helper()
	code, out, errs := stepin(t, "deploy", to)
	if code != 0 || errs != "" || out == "" {
		t.Fatalf("%d, %s", code, errs)
	}
	return out
}

var (
	aVariable = regexp.MustCompile(`\b(?:SLACK|STEPIN)_[A-Z_]+\b`)
	aCommand  = regexp.MustCompile(`(?:/|\b)stepin["']?,? +["']?([a-z]+)\b(?:["']?,? +["']?(--[a-z-]+))?`)
)

// Whatever the examples and the Dockerfile name is there: each variable, each command and each flag.
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
			if !slices.Contains(config.Variables(), v) {
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

// documents are those of a YAML stream.
func documents(t *testing.T, text string) (out []map[string]any) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(text))
	for {
		var doc map[string]any
		switch err := d.Decode(&doc); {
		case errors.Is(err, io.EOF):
			return out
		case err != nil:
			t.Fatal(err)
		}
		out = append(out, doc)
	}
}

// dig walks down maps and lists; nil if there is nothing.
func dig(v any, path ...any) any {
	for _, p := range path {
		switch x := v.(type) {
		case map[string]any:
			k, _ := p.(string)
			v = x[k]
		case []any:
			i, ok := p.(int)
			if !ok || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func TestDeployKubernetes(t *testing.T) {
	kinds := map[string]map[string]any{}
	for _, d := range documents(t, deployed(t, "kubernetes")) {
		kinds[d["kind"].(string)] = d
	}
	spec := dig(kinds["Deployment"], "spec")
	pod := dig(spec, "template", "spec")
	box := dig(pod, "containers", 0)
	for what, is := range map[string]bool{
		"one replica":           dig(spec, "replicas") == 1,
		"Recreate":              dig(spec, "strategy", "type") == "Recreate",
		"its own label":         dig(spec, "selector", "matchLabels", "app") == dig(spec, "template", "metadata", "labels", "app"),
		"no root":               dig(pod, "securityContext", "runAsNonRoot") == true && dig(pod, "securityContext", "runAsUser") == 65532,
		"a read-only root":      dig(box, "securityContext", "readOnlyRootFilesystem") == true,
		"no more rights":        dig(box, "securityContext", "allowPrivilegeEscalation") == false && dig(box, "securityContext", "capabilities", "drop", 0) == "ALL",
		"no account token":      dig(pod, "automountServiceAccountToken") == false,
		"readiness by status":   dig(box, "readinessProbe", "exec", "command", 1) == "status",
		"liveness by status":    dig(box, "livenessProbe", "exec", "command", 1) == "status",
		"liveness for little":   dig(box, "livenessProbe", "exec", "command", 3) == "--alive",
		"time to finish":        dig(pod, "terminationGracePeriodSeconds") == 20,
		"a volume":              dig(kinds["PersistentVolumeClaim"], "metadata", "name") == dig(pod, "volumes", 0, "persistentVolumeClaim", "claimName"),
		"a configuration":       dig(kinds["ConfigMap"], "metadata", "name") == dig(pod, "volumes", 1, "configMap", "name"),
		"tokens from a secret":  dig(pod, "volumes", 2, "secret", "secretName") == "stepin",
		"what is mounted is it": dig(box, "volumeMounts", 2, "name") == dig(pod, "volumes", 2, "name"),
	} {
		if !is {
			t.Errorf("not so: %s", what)
		}
	}
	mounts := map[string]bool{}
	for i := range 3 {
		path, _ := dig(box, "volumeMounts", i, "mountPath").(string)
		mounts[path] = true
	}
	envs, _ := dig(box, "env").([]any)
	for _, e := range envs {
		path, _ := dig(e, "value").(string)
		if !mounts[filepath.Dir(path)] {
			t.Errorf("%v is on no volume", e)
		}
	}
	text, _ := dig(kinds["ConfigMap"], "data", "stepin.yaml").(string)
	if configOf(t, text); text == "" {
		t.Error("it has no stepin.yaml")
	}
}

func TestDeployCompose(t *testing.T) {
	docs := documents(t, deployed(t, "compose"))
	s := dig(docs[0], "services", "stepin")
	for what, is := range map[string]bool{
		"a read-only root": dig(s, "read_only") == true,
		"no rights":        dig(s, "cap_drop", 0) == "ALL",
		"a volume":         dig(s, "volumes", 0) == "data:/data" && dig(docs[0], "volumes", "data") != nil,
		"a health check":   dig(s, "healthcheck", "test", 2) == "status",
	} {
		if !is {
			t.Errorf("not so: %s", what)
		}
	}
	secrets, _ := dig(s, "secrets").([]any)
	for _, name := range secrets {
		n, _ := name.(string)
		if dig(docs[0], "secrets", n, "file") == nil {
			t.Errorf("the secret %s is nowhere", n)
		}
		if !strings.Contains(deployed(t, "compose"), "_FILE: /run/secrets/"+n+"\n") {
			t.Errorf("nobody reads the secret %s", n)
		}
	}
	if len(secrets) != 2 {
		t.Errorf("secrets: %v", secrets)
	}
}

func TestDeploySystemd(t *testing.T) {
	unit := map[string][]string{} // by section and key
	section := ""
	for line := range strings.Lines(deployed(t, "systemd")) {
		line = strings.TrimSpace(line)
		key, value, is := strings.Cut(line, "=")
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
		case !is:
			t.Errorf("neither a section nor a setting: %s", line)
		default:
			unit[section+"."+key] = append(unit[section+"."+key], value)
		}
	}
	has := func(key, value string) {
		t.Helper()
		if !slices.ContainsFunc(unit[key], func(v string) bool { return strings.Contains(v, value) }) {
			t.Errorf("no %s=%s in %q", key, value, unit[key])
		}
	}
	has("Service.ExecStart", "stepin serve")
	has("Service.ExecReload", "-HUP $MAINPID")
	has("Service.DynamicUser", "yes")
	has("Service.StateDirectory", "stepin")
	has("Service.Environment", "STEPIN_DB=%S/stepin/")
	for _, token := range []string{"bot-token", "app-token"} {
		has("Service.LoadCredential", token+":/etc/stepin/"+token)
		has("Service.Environment", "_FILE=%d/"+token)
	}
	for _, key := range []string{"NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome", "ProtectKernelModules", "RestrictNamespaces"} {
		has("Service."+key, "yes")
	}
	has("Service.ProtectSystem", "strict")
	has("Service.RestrictAddressFamilies", "AF_UNIX") // for status and backup
	has("Install.WantedBy", "multi-user.target")
}

// The image starts as nobody, from a static binary with version and commit.
func TestDockerfile(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	ignored, err := os.ReadFile(filepath.Join("..", "..", ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"CGO_ENABLED=0", "-trimpath", "-buildvcs=true", "FROM scratch", "USER 65532:65532", "HEALTHCHECK", `ENTRYPOINT ["/stepin"]`} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("no %s", want)
		}
	}
	if bytes.Contains(ignored, []byte(".git")) {
		t.Error("without .git, and all that it knows, the build has no commit or calls itself changed")
	}
}

// Whoever runs it there reads how to see it, how to get a backup out, and how to put one in while it is down.
func TestDeploySaysHowToLookAfterIt(t *testing.T) {
	for to, want := range map[string][]string{
		"systemd":    {"#   stepin status\n", "#   stepin check\n", "#   stepin backup /", "systemctl stop stepin\n#   stepin restore ", "stepin compact\n", "systemctl start stepin\n"},
		"compose":    {"exec stepin /stepin status\n", "exec stepin /stepin check\n", "exec -T stepin /stepin backup - > ", "stop stepin\n#   docker compose run ", "stepin restore /monday.db ", "stepin compact\n", "start stepin\n"},
		"kubernetes": {"-- /stepin status\n", "-- /stepin check\n", "-- /stepin backup - > ", `"stepin deploy kubernetes-once"`},
		"kubernetes-once": {
			"--replicas=0\n", "kubectl cp monday.db stepin-once:/data/monday.db -c files\n", "--replicas=1\n", "args: [compact]", "args: [restore, /data/monday.db, --force]\n",
		},
	} {
		text := deployed(t, to)
		for _, w := range want {
			at := strings.Index(text, w)
			if at < 0 {
				t.Errorf("%s: no %q, or not in this order", to, w)
				continue
			}
			text = text[at:]
		}
	}
	// What a shell is given for systemd are the settings of the unit.
	unit, comment := deployed(t, "systemd"), ""
	for line := range strings.Lines(unit) {
		if strings.HasPrefix(line, "#   export ") {
			comment += line
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^#?Environment=([A-Z_]+)=`).FindAllStringSubmatch(unit, -1) {
		if !strings.Contains(comment, " "+m[1]+"=/") {
			t.Errorf("nobody is told to set %s in\n%s", m[1], comment)
		}
	}
}

// The pod for one command has the volume of the Deployment, its user and no more rights.
func TestDeployKubernetesOnce(t *testing.T) {
	pod := documents(t, deployed(t, "kubernetes-once"))[0]
	var deployment, claim map[string]any
	for _, d := range documents(t, deployed(t, "kubernetes")) {
		switch d["kind"] {
		case "Deployment":
			deployment = d
		case "PersistentVolumeClaim":
			claim = d
		}
	}
	theirs := dig(deployment, "spec", "template", "spec")
	for what, is := range map[string]bool{
		"its volume":      dig(pod, "spec", "volumes", 0, "persistentVolumeClaim", "claimName") == dig(claim, "metadata", "name"),
		"its user":        reflect.DeepEqual(dig(pod, "spec", "securityContext"), dig(theirs, "securityContext")),
		"its image":       dig(pod, "spec", "containers", 0, "image") == dig(theirs, "containers", 0, "image"),
		"its file":        dig(pod, "spec", "containers", 0, "env", 0, "value") == dig(theirs, "containers", 0, "env", 0, "value"),
		"runs once":       dig(pod, "spec", "restartPolicy") == "Never",
		"no label of its": dig(pod, "metadata", "labels") == nil, // or the Deployment would take it for its own
	} {
		if !is {
			t.Errorf("not so: %s", what)
		}
	}
	for _, list := range []string{"initContainers", "containers"} {
		box := dig(pod, "spec", list, 0)
		if !reflect.DeepEqual(dig(box, "securityContext"), dig(theirs, "containers", 0, "securityContext")) || dig(box, "volumeMounts", 0, "mountPath") != "/data" {
			t.Errorf("%s: %v", list, box)
		}
	}
}

// Who does as the comment says for compact has a pod that does it.
func TestDeployKubernetesOnceForCompact(t *testing.T) {
	text := deployed(t, "kubernetes-once")
	begins := strings.Index(text, "  initContainers:\n")
	rest := regexp.MustCompile(`(?m)^  [a-z]`).FindAllStringIndex(text[begins:], 2)
	text = text[:begins] + text[begins:][rest[1][0]:]
	text = strings.Replace(text, "\n      args: [restore, /data/monday.db, --force]\n", "\n      args: [compact]\n", 1)
	pod := documents(t, text)[0]
	box := dig(pod, "spec", "containers", 0)
	if dig(pod, "spec", "initContainers") != nil || dig(box, "args", 0) != "compact" || dig(box, "volumeMounts", 0, "mountPath") != "/data" || dig(box, "securityContext", "readOnlyRootFilesystem") != true {
		t.Errorf("%v", pod)
	}
}
