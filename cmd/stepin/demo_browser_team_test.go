package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"stepin/bot/sandbox/world"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// be goes to somebody's screen in the whole workspace.
func (p *tab) be(user string) {
	p.t.Helper()
	p.who = user
	p.run("be "+user, until(`(location.hash = "workspace/`+user+`") && document.querySelector(".desk[data-user=`+user+`] .client .list")`))
}

// click waits for an element on the person's screen.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.acts++
	p.run("click "+selector, until(`(() => { const e = `+p.root()+`.querySelector(`+quote(selector)+`); if (!e) return false; e.click(); return true })()`))
}

// home and messages go to the two tabs of stepin.
func (p *tab) home() { p.t.Helper(); p.click("[data-test=app]"); p.click("[data-test=home-tab]") }

func (p *tab) messages() {
	p.t.Helper()
	p.click("[data-test=app]")
	p.click("[data-test=messages-tab]")
	p.run("its messages", until(p.root()+`.querySelector(".post")`))
}

// sees waits for a text on the person's own screen, its uppermost window if there is one.
func (p *tab) sees(text string) {
	p.t.Helper()
	p.run("see "+text, until(p.visible(text)))
}

func (p *tab) visible(text string) string {
	return `(() => { const root = ` + p.root() + `; const scope = [...root.querySelectorAll('[role=dialog]')].pop() || root.querySelector('.main');
		return scope.innerText.replace(/\s+/g, ' ').includes(` + quote(text) + `) })()`
}

func (p *tab) misses(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		if found, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](p.visible(text))); err != nil || found {
			p.shot("failed")
			p.t.Errorf("%s reads %q: %v", p.who, text, err)
		}
	}
}

// fill types in, or chooses from, the field with a label in the uppermost window.
func (p *tab) fill(label, value string) {
	p.t.Helper()
	p.acts++
	p.run("fill "+label, until(`(() => { const root = `+p.root()+`; const scope = [...root.querySelectorAll('[role=dialog]')].pop() || root;
		const l = [...scope.querySelectorAll('.label')].find((e) => e.textContent.replace(' (optional)', '') === `+quote(label)+`);
		const f = l && l.closest('.block').querySelector('input, textarea, select'); if (!f) return false;
		const o = f.options && [...f.options].find((o) => o.textContent === `+quote(value)+`); if (f.options && !o) return false;
		f.focus(); f.value = o ? o.value : `+quote(value)+`;
		for (const e of f.options ? ['change'] : ['input', 'change', 'blur']) f.dispatchEvent(new Event(e));
		return true })()`))
}

// looks at the screen at both widths, light and dark, with the sandbox's own checks.
func (p *tab) looks(name string) {
	p.t.Helper()
	check, err := os.ReadFile("../../bot/sandbox/testdata/page_checks.js")
	if err != nil {
		p.t.Fatal(err)
	}
	for _, size := range [][2]int64{{390, 844}, {1280, 900}} {
		for _, scheme := range []string{"dark", "light"} {
			p.run(name, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
				_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: size[0], Height: size[1], DeviceScaleFactor: 1})
				if err == nil {
					_, err = cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
						{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
					}})
				}
				return chromedp.Void{}, err
			}, until(`!document.querySelector('.waiting,[aria-busy=true]')`))
			at := fmt.Sprintf("%s-%d-%s", name, size[0], scheme)
			p.shot(at)
			wrong, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](string(check)))
			if err != nil {
				p.t.Fatal(err)
			}
			for _, w := range wrong {
				p.t.Errorf("%s: %s", at, w)
			}
		}
	}
}

// skip leaves a step of the story behind, or all of a branch.
func (p *tab) skip() {
	p.t.Helper()
	p.run("skip", until(`(() => { const e = document.querySelector('[data-test=skip]'); if (!e) return false; e.click(); return true })()`))
}

// lower shows the end of a long window or page.
func (p *tab) lower(name string) {
	p.t.Helper()
	p.run("scroll", until(`(() => { for (const e of document.querySelectorAll('.sheet-body, .scroll')) e.scrollTop = 1e6; return true })()`))
	p.looks(name)
}

// takeOver goes through the pause to a take-over at eleven.
func (p *tab) takeOver(deal, reason string) {
	p.t.Helper()
	p.click("[data-channel=D0SAMDANA]")
	p.types("/stepin @Dana " + deal)
	p.press("Change")
	p.fill("Start", "11:00")
	p.press("Next")
	p.pick("said what would help?", "Yes")
	p.pick("Whose call is it?", "Dana's")
	p.pick("live with a loss?", "Barely")
	p.pick("way work?", "No")
	p.pick("trained for this?", "No")
	p.press("Next")
	p.pick("You choose", "Take over")
	p.pick("learn by leading?", "A lot")
	p.pick("moment come again?", "Often")
	p.pick("hear if you join?", "I doubt you")
	p.fill("Why not a smaller step?", reason)
}

// approvalInTheBrowser has a team that wants take-overs looked at, over a restart.
func approvalInTheBrowser(t *testing.T, p *tab) {
	file := filepath.Join(t.TempDir(), "demo.db")
	url, stop := startDemo(t, "--db", file)
	defer func() { stop() }()
	p.run("open", chromedp.Navigate(url))
	p.be(sam)
	p.home()
	p.sees("A take-over needs your own word only")
	p.sees("Reps: Dana, Lior")
	p.press("Team settings")
	p.sees("Who looks at a take-over?")
	p.looks("team")
	p.lower("team-2")
	p.pick("Who looks at a take-over?", "Somebody looks at it")
	p.fill("Who is asked first?", "(none)")
	p.press("Save")
	p.sees("Name somebody who looks at it")
	p.looks("team-error")
	p.fill("Who is asked first?", "Priya Nair")
	p.press("Save")
	p.closed()
	p.sees("A take-over is looked at by Priya")
	p.lower("home-manager")

	p.takeOver("Acme renewal", "The price floor is mine to give")
	p.lower("reason")
	p.press("Decide")
	p.sees("Priya is asked, until 11:00")
	p.looks("asked")
	p.press("Save")
	p.closed()

	p.be(priya)
	p.click("[data-test=banner]")
	p.sees("Sam would like to take over Acme renewal from Dana")
	p.sees("The price floor is mine to give")
	p.misses("I doubt you", "Barely", "A lot", "Often")
	p.looks("approver")
	p.home()
	p.sees("Waiting for your word")
	p.looks("home-approver")

	stop()
	url, stop = startDemo(t, "--db", file)
	p.run("open again", chromedp.Navigate(url))
	p.be(priya)
	p.messages()
	p.press("Approve")
	p.sees("You agreed at")
	p.looks("approver-settled")
	p.be(sam)
	p.messages()
	p.sees("Priya agreed at")
	p.sees("You take over until 11:45")
	p.looks("manager-settled")
	p.press("Hand back to Dana")
	p.sees("The call is back with Dana")
	p.be(priya)
	p.messages()
	p.sees("The call is back with Dana")

	// One that is declined with a sentence, and one that can't wait.
	p.be(sam)
	p.takeOver("Blue", "I know the buyer")
	p.press("Decide")
	p.sees("Priya is asked")
	p.press("Save")
	p.closed()
	p.be(priya)
	p.messages()
	p.press("Coach first")
	p.sees("You can add a sentence")
	p.looks("sentence")
	p.fill("One sentence for Sam", "Let Dana try the opening")
	p.press("Send")
	p.closed()
	p.be(sam)
	p.messages()
	p.sees("Priya adds: Let Dana try the opening")
	p.looks("coach-first")
	p.press("It can't wait")
	p.sees("Why can't it wait?")
	p.looks("glass")
	p.fill("Why can't it wait?", "The buyer leaves at noon")
	p.press("Take over")
	p.sees("You take over")
	p.press("Save")
	p.closed()
	p.be(priya)
	p.messages()
	p.sees("without waiting")
	p.looks("glass-told")
}

// wordInTheBrowser asks the rep first, with the rep's name as long as names get.
func wordInTheBrowser(t *testing.T, p *tab) {
	file := filepath.Join(t.TempDir(), "demo.db")
	url, stop := startDemo(t, "--db", file)
	defer func() { stop() }()
	p.run("open", chromedp.Navigate(url))
	p.be(sam)
	p.click("[data-channel=D0SAMDANA]")
	p.types("/stepin @Dana Acme renewal")
	p.press("Change")
	p.looks("fields")
	p.fill("Start", "11:00")
	p.press("Next")
	p.press("Ask Dana first")
	p.sees("once Dana has said that you're the manager")
	p.lower("ask-closing")
	p.fill("Your guess: what would help Dana?", "The price floor")
	p.press("Save")
	p.closed()

	p.be(dana)
	p.click("[data-test=banner]")
	p.sees("Is Sam your manager?")
	p.looks("rep-meet")
	p.press("Yes")
	p.sees("It's yours to lead. Sam asks: what would help?")
	p.looks("rep-word")
	p.press("Coach me")
	p.sees("A few words on what would help")
	p.looks("rep-help")
	p.fill("What would help?", "Who signs at their side")
	p.press("Send")
	p.closed()
	p.sees("You said: Coach me")
	p.misses("The price floor")
	p.looks("rep-said")

	p.be(sam)
	p.messages()
	p.sees("Dana on Acme renewal: Coach me")
	p.sees("Who signs at their side")
	p.sees("Your guess was: The price floor")
	p.looks("reply")
	p.press("Coach Dana")
	p.sees("How does Dana see it?")
	p.looks("coaching")
	p.pick("What can you give?", "A person")
	p.fill("What was it about?", "Legal questions")
	p.press("Done")
	p.closed()
	p.sees("Noted: Legal questions")
	p.looks("coached")

	p.click("[data-channel=D0SAMDANA]")
	p.types("/stepin @Dana Blue")
	p.press("Change")
	p.fill("Start", "12:00")
	p.press("Next")
	p.press("I'll hold back")
	p.press("Save")
	p.closed()
	p.messages()
	p.press("Words for Dana")
	p.sees("It lands best from you")
	p.looks("words")
	p.press("Send it for me")
	p.sees("It's on its way to Dana")
	p.press("Close")
	p.closed()
	p.be(dana)
	p.messages()
	p.sees("A note from Sam")
	p.looks("rep-note")

	// The same screens with a very long name.
	stop()
	seed := world.DefaultSeed()
	for i := range seed.People {
		if seed.People[i].ID == dana {
			seed.People[i].Name = "Maximiliane-Alexandra Donaudampfschifffahrtsgesellschaftskapitän"
		}
	}
	url, stop = listening(t, func(ctx context.Context, out, errs io.Writer) int {
		e := env{ctx: ctx, stdout: out, stderr: errs, log: slog.New(slog.NewTextHandler(errs, nil))}
		if err := (demoCmd{DB: file, Listen: "127.0.0.1:0", seed: seed}).Run(e); err != nil {
			fmt.Fprintln(errs, err)
			return 1
		}
		return 0
	})
	p.run("open again", chromedp.Navigate(url))
	p.be(sam)
	p.home()
	p.lower("long-home")
	p.press("Team settings")
	p.sees("Your reps")
	p.looks("long-team")
	p.press("Close")
	p.closed()
	p.messages()
	p.looks("long-messages")
	p.click("[data-channel=D0SAMDANA]")
	p.types("/stepin @Maximiliane-Alexandra Yellow")
	p.sees("Chance without you?")
	p.looks("long-call")
	p.press("Next")
	p.sees("said what would help?")
	p.looks("long-facts")
}

// pullInTheBrowser has a rep ask for help.
func pullInTheBrowser(t *testing.T, p *tab) {
	file := filepath.Join(t.TempDir(), "demo.db")
	url, stop := startDemo(t, "--db", file)
	defer func() { stop() }()
	p.run("open", chromedp.Navigate(url))
	p.be(dana)
	p.click("[data-channel=D0SAMDANA]")
	p.types("/stepin ask @Sam Acme renewal")
	p.sees("Who is your manager?")
	p.looks("pull-form")
	p.fill("Start", "11:00")
	p.fill("What would help?", "Legal joined. What may I give?")
	p.press("Ask")
	p.sees("It's still your call")
	p.looks("pull-sent")
	p.press("Close")
	p.closed()
	stop()
	url, stop = startDemo(t, "--db", file)
	p.run("open again", chromedp.Navigate(url))
	p.be(sam)
	p.messages()
	p.sees("Dana asks for your help: Acme renewal")
	p.sees("Legal joined. What may I give?")
	p.looks("pull-card")
	p.press("Coach Dana")
	p.pick("What can you give?", "A limit")
	p.press("Done")
	p.closed()
	p.be(dana)
	p.messages()
	p.sees("Sam will coach you")
	p.looks("pulled")
	p.home()
	p.sees("What you asked for")
	p.misses("Nothing open")
	p.looks("home-rep")
}

// branchesInTheBrowser goes on after the story: ask Dana, answer on the right phone, read it on the left.
func branchesInTheBrowser(t *testing.T, p *tab) {
	url, stop := startDemo(t)
	defer func() { stop() }()
	p.run("open", chromedp.Navigate(url))
	p.reads("1 of 3")
	p.send()
	p.press("I'll hold back")
	p.press("Save")
	p.closed()
	if p.acts > 15 {
		t.Errorf("the shortest path took %d actions, more than 15", p.acts)
	}
	p.reads("there is more to try")
	p.looks("story-ask")
	p.run("typed", until(p.root()+`.querySelector('[data-test=composer]').value.startsWith('/stepin @Dana Globex')`))
	p.acts = 0
	p.send()
	p.press("Ask Dana first")
	p.press("Save")
	p.reads("Now be Dana")
	p.looks("story-be")
	p.who = dana
	p.click("[data-test=banner]")
	p.press("Yes")
	p.press("Coach me")
	p.fill("What would help?", "Who signs")
	p.press("Send")
	p.reads("Dana's answer is on Sam's phone")
	p.who = sam
	p.click("[data-test=banner]")
	p.sees("Who signs")
	p.looks("story-answer")
	p.press("Coach Dana")
	p.sees("Ask, then listen")
	p.reads("what comes after a call")
	if p.acts > 15 {
		t.Errorf("asking first took %d actions, more than 15", p.acts)
	}
	p.press("Later")
	p.closed()
	p.skip()
	p.reads("Want a take-over looked at?")
	p.looks("story-look")
	p.skip()
	p.reads("That was the story.")
	// The head of sales sees none of it.
	p.run("the lens", until(`(() => { const e = document.querySelector('[data-test=lens]'); e.click(); return true })()`))
	p.run("all of it is dimmed", until(`[...document.querySelectorAll('.post')].length > 2 && [...document.querySelectorAll('.post')].every((e) => e.dataset.hidden === 'true')`))
	p.looks("story-lens")
}
