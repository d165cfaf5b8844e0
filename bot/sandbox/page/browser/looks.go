package browser

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// checks is a script that lists what looks wrong on the page.
//
//go:embed checks.js
var checks string

// narrow is the width in pixels up to which a window is taken for a phone's, with touch.
const narrow = 500

// Size sets the size of the window in pixels, and whether it prefers a "light" or a "dark" page.
func (tab *Tab) Size(width, height int64, scheme string) {
	tab.t.Helper()
	tab.Do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: width, Height: height, DeviceScaleFactor: 1,
		})
		if err == nil {
			_, err = cdp.Call(ctx, t, emulation.SetTouchEmulationEnabled,
				emulation.SetTouchEmulationEnabledParams{Enabled: width <= narrow})
		}
		if err == nil {
			_, err = cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{
					{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
				},
			})
		}
		return chromedp.Void{}, err
	})
}

// Shot keeps a picture in the folder STEPIN_SHOTS, if that is set, for people to look at.
func (tab *Tab) Shot(name string) {
	tab.t.Helper()
	dir := os.Getenv("STEPIN_SHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(tab.ctx, 30*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		tab.t.Logf("no picture: %v", err)
		return
	}
	file := filepath.Join(dir, strings.ReplaceAll(tab.t.Name()+"-"+name, "/", "_")+".png")
	if err := os.WriteFile(file, png, 0o600); err != nil {
		tab.t.Error(err)
	}
}

// controls are the roles of what must have a name for those who cannot see it.
var controls = []string{
	"button", "textbox", "combobox", "radio", "checkbox", "link", "listbox", "dialog", "alertdialog", "radiogroup",
	"Date", "InputTime",
}

// LooksRight fails the test if something looks wrong on the page as it is, or a control has no name.
func (tab *Tab) LooksRight(name string) {
	tab.t.Helper()
	tab.looks(name)
	tab.named(name)
}

func (tab *Tab) looks(name string) {
	tab.t.Helper()
	tab.Shot(name)
	for _, w := range Eval[[]string](tab, checks) {
		tab.t.Errorf("%s: %s", name, w)
	}
}

// named asks the browser for the name of each control.
func (tab *Tab) named(name string) {
	tab.t.Helper()
	tab.Do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		tree, err := cdp.Call(ctx, t, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		for _, n := range tree.Nodes {
			if n.Ignored || n.Role == nil {
				continue
			}
			role := strings.Trim(string(n.Role.Value), `"`)
			if slices.Contains(controls, role) && (n.Name == nil || strings.Trim(string(n.Name.Value), `" `) == "") {
				tab.t.Errorf("%s: a %s without a name", name, role)
			}
		}
		return chromedp.Void{}, err
	})
}

// Looks checks the page on a phone and on a wide screen, dark and light, and leaves it wide and light.
func (tab *Tab) Looks(name string) {
	tab.t.Helper()
	for _, size := range [][2]int64{{390, 844}, {1280, 900}} {
		for _, scheme := range []string{"dark", "light"} {
			tab.Size(size[0], size[1], scheme)
			tab.Until(`!document.querySelector('.waiting,[aria-busy=true]')`)
			tab.looks(fmt.Sprintf("%s-%d-%s", name, size[0], scheme))
		}
	}
	tab.named(name)
}

// Lower scrolls to the end of a long window or page, and checks it as Looks does.
func (tab *Tab) Lower(name string) {
	tab.t.Helper()
	tab.Until(`(() => { for (const e of document.querySelectorAll('.sheet-body, .scroll')) e.scrollTop = 1e6;
		return true })()`)
	tab.Looks(name)
}
