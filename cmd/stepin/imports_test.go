package main

import (
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport says which packages know which, besides the standard library. Each package has a row; a row names
// packages from rows above it, so that all arrows run down. Tests may import more. All below bot, but the sandbox,
// may know all below nudges. A name that ends in "/..." stands for a package and all below it.
var mayImport = map[string][]string{
	"nudges/text": {},

	"nudges/ladder": {},

	"nudges/verdict": {"stepin/nudges/ladder", "go.yaml.in/yaml/v4"},

	"nudges": {"stepin/nudges/text", "stepin/nudges/ladder", "stepin/nudges/verdict"},

	"nudges/team": {"stepin/nudges"},

	"nudges/calls": {"stepin/nudges"},

	"nudges/daily": {"stepin/nudges", "stepin/nudges/text", "github.com/agnivade/levenshtein"},

	"nudges/mirror": {"stepin/nudges", "stepin/nudges/ladder", "stepin/nudges/verdict"},

	"nudges/privacy": {"stepin/nudges", "stepin/nudges/verdict"},

	"nudges/words": {
		"stepin/nudges", "stepin/nudges/text", "stepin/nudges/ladder", "stepin/nudges/verdict",
		"stepin/nudges/daily", "stepin/nudges/privacy", "go.yaml.in/yaml/v4",
	},

	"nudges/storage": {
		"stepin/nudges", "stepin/nudges/verdict", "stepin/nudges/team", "stepin/nudges/daily", "stepin/nudges/mirror",
		"stepin/nudges/privacy",
	},

	"nudges/nudgestest": {"stepin/nudges", "stepin/nudges/verdict"},

	"store/disk": {"golang.org/x/sys/windows"},

	"store/kv": {"stepin/store/disk", "go.etcd.io/bbolt/..."},

	"store/control": {"stepin/store/disk"},

	"store/storetest": {"stepin/nudges/..."},

	"store": {"stepin/nudges/...", "stepin/store/kv", "stepin/store/disk", "stepin/store/control"},

	"store/copy": {"stepin/nudges/...", "stepin/store", "stepin/store/kv", "stepin/store/disk", "stepin/store/control"},

	"bot/health": {"github.com/prometheus/client_golang/..."},

	"bot/zones": {},

	"bot/form": {"stepin/bot/zones", "github.com/agnivade/levenshtein"},

	"bot/roster": {},

	"bot/slackapi": {
		"stepin/bot/health", "stepin/bot/zones", slack, "golang.org/x/time/rate", "golang.org/x/net/proxy",
	},

	"bot/decode": {"stepin/bot/form", "stepin/bot/zones", slack},

	"bot/decide": {"stepin/bot/form", "stepin/bot/roster"},

	"bot/view": {"stepin/bot/form", "stepin/bot/roster", slack},

	"bot/people": {
		"stepin/bot/slackapi", "stepin/bot/health", "stepin/bot/roster", "stepin/bot/form", "stepin/bot/zones", slack,
	},

	"bot/scene": {"stepin/bot/form", "stepin/bot/roster", "stepin/bot/view", "stepin/bot/people", slack},

	"bot/socket": {
		"stepin/bot/slackapi", "stepin/bot/health", "stepin/bot/decode", "stepin/bot/form",
		"github.com/gorilla/websocket", "golang.org/x/time/rate",
	},

	"bot/answer": {
		"stepin/bot/form", "stepin/bot/roster", "stepin/bot/decide", "stepin/bot/view", "stepin/bot/scene",
		"stepin/bot/people", "stepin/bot/socket", "stepin/bot/health", "stepin/bot/slackapi", slack,
	},

	"bot/outbox": {
		"stepin/bot/form", "stepin/bot/roster", "stepin/bot/decide", "stepin/bot/view", "stepin/bot/scene",
		"stepin/bot/slackapi", "stepin/bot/health",
		slack,
	},

	"bot/clock": {"stepin/bot/decide", "stepin/bot/people", "stepin/bot/roster", "github.com/robfig/cron/v3"},

	"bot/erase": {"stepin/bot/health"},

	"bot/check": {
		"stepin/bot/slackapi", "stepin/bot/people", "stepin/bot/roster", "stepin/bot/health",
		"stepin/bot/view", "stepin/bot/zones", slack,
	},

	"bot/sandbox/kit": {},

	"bot/sandbox/rules": {"stepin/bot/sandbox/kit"},

	"bot/sandbox/world": {"stepin/bot/sandbox/kit", "stepin/bot/sandbox/rules"},

	"bot/sandbox": {
		"stepin/bot/sandbox/kit", "stepin/bot/sandbox/rules", "stepin/bot/sandbox/world",
		"github.com/gorilla/websocket",
	},

	"bot/sandbox/hands": {
		"stepin/bot/sandbox/kit", "stepin/bot/sandbox/rules", "stepin/bot/sandbox/world", "stepin/bot/sandbox",
	},

	"bot/sandbox/page/browser": {"github.com/chromedp/..."},

	"bot/sandbox/page": {
		"stepin/bot/sandbox/kit", "stepin/bot/sandbox/rules", "stepin/bot/sandbox/world", "stepin/bot/sandbox",
		"stepin/bot/sandbox/hands", "github.com/gorilla/websocket",
	},

	"bot": {
		"stepin/bot/health", "stepin/bot/form", "stepin/bot/roster", "stepin/bot/slackapi", "stepin/bot/decode",
		"stepin/bot/decide",
		"stepin/bot/view", "stepin/bot/people", "stepin/bot/scene", "stepin/bot/socket", "stepin/bot/answer",
		"stepin/bot/outbox",
		"stepin/bot/clock", "stepin/bot/erase", "stepin/bot/check", "stepin/bot/zones",
		slack, "github.com/gorilla/websocket", "golang.org/x/time/rate",
	},

	"cmd/stepin/logging": {},

	"cmd/stepin/config": {
		"stepin/nudges/...", "stepin/bot/roster", "github.com/agnivade/levenshtein", "go.yaml.in/yaml/v4",
		"github.com/rickar/cal/v2/...", "golang.org/x/sync/singleflight",
	},

	"cmd/stepin": {
		"stepin/cmd/stepin/config", "stepin/cmd/stepin/logging", "stepin/nudges/...", "stepin/store/...",
		"stepin/bot/...",
		"github.com/alecthomas/kong",
		"github.com/prometheus/client_golang/prometheus", "github.com/prometheus/common/expfmt",
		"golang.org/x/term",
	},
}

// slack is the client of Slack's APIs, and the types of its wire.
const slack = "github.com/slack-go/slack/..."

// knownBy says who alone may know what of others', also in the rows above.
var knownBy = map[string]string{
	"github.com/slack-go/": "bot/...", "go.etcd.io/": "store/kv", "github.com/alecthomas/kong": "cmd/stepin",
}

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	// It reads the files itself, for the cache of tests does not see what "go list" has read.
	eachGoFile(t, func(pkg, path string) {
		if _, known := mayImport[pkg]; !known && !seen[pkg] {
			t.Errorf("package %s has no row", pkg)
		}
		seen[pkg] = true
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if !standard(p) && !mayKnow(pkg, p) {
				t.Errorf("%s must not import %s", path, p)
			}
		}
	})
	named := append(slices.Collect(maps.Keys(mayImport)), onlyTests...)
	for _, p := range slices.AppendSeq(named, maps.Values(knownBy)) {
		if pkg := strings.TrimSuffix(strings.TrimPrefix(p, "stepin/"), "/..."); !seen[pkg] {
			t.Errorf("a row names %s, and there is no such package any more", pkg)
		}
	}
	for pkg, may := range mayImport {
		for _, p := range may {
			for prefix, only := range knownBy {
				if strings.HasPrefix(p, prefix) && !covers(only, pkg) {
					t.Errorf("the row of %s names %s, which only %s may know", pkg, p, only)
				}
			}
			own, ours := strings.CutPrefix(strings.TrimSuffix(p, "/..."), "stepin/")
			if _, known := mayImport[own]; ours && !known {
				t.Errorf("the row of %s names %s, which is no package", pkg, p)
			}
		}
	}
}

// onlyTests import these.
var onlyTests = []string{"stepin/bot/sandbox/page/browser", "stepin/nudges/nudgestest"}

// mayKnow says whether the table allows a package to import a path.
func mayKnow(pkg, path string) bool {
	if slices.Contains(onlyTests, path) {
		return false
	}
	may := mayImport[pkg]
	if covers("bot/...", pkg) && !covers("bot/sandbox/...", pkg) {
		may = append([]string{"stepin/nudges/..."}, may...)
	}
	return slices.ContainsFunc(may, func(pattern string) bool { return covers(pattern, path) })
}

// covers says whether a name of the table stands for a path.
func covers(pattern, path string) bool {
	above, deep := strings.CutSuffix(pattern, "/...")
	return path == above || deep && strings.HasPrefix(path, above+"/")
}

// standard says whether a package is Go's own. The binary is static, so C is not.
func standard(path string) bool {
	host, _, _ := strings.Cut(path, "/")
	return !strings.Contains(host, ".") && host != "stepin" && path != "C"
}
