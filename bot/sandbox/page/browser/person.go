package browser

import "strings"

// Root is an expression for the screen of the person who is named by Who, and for the page if nobody is.
func (tab *Tab) Root() string {
	return `(document.querySelector('.client[data-user="` + tab.Who + `"]') || document)`
}

// scoped is an expression that evaluates statements in which root is the person's screen and scope the uppermost
// window on it, or the screen if there is none.
func (tab *Tab) scoped(statements string) string {
	return `(() => { const root = ` + tab.Root() + `;
		const scope = [...root.querySelectorAll('[role=dialog]')].pop() || root; ` + statements + ` })()`
}

// act is something that the person does as soon as they can: an expression that is true once it is done.
func (tab *Tab) act(js string) {
	tab.t.Helper()
	tab.Acts++
	tab.Until(js)
}

// Be goes to somebody's screen in the whole workspace.
func (tab *Tab) Be(user string) {
	tab.t.Helper()
	tab.Who = user
	tab.Until(`(location.hash = "workspace/` + user + `") && document.querySelector(".desk[data-user=` + user +
		`] .client .list")`)
}

// Tap waits for an element on the person's screen, and taps it wherever it is.
func (tab *Tab) Tap(selector string) {
	tab.t.Helper()
	tab.act(tab.scoped(`const e = root.querySelector(` + quote(selector) +
		`); if (!e) return false; e.click(); return true`))
}

// Press taps the control with a label, in the uppermost window if there is one.
func (tab *Tab) Press(label string) {
	tab.t.Helper()
	tab.act(tab.scoped(`const e = [...scope.querySelectorAll('button, label')].filter((e) =>
		e.textContent.trim() === ` + quote(label) + ` && e.offsetParent !== null && !e.disabled &&
		e.getAttribute('aria-busy') !== 'true').pop();
		if (!e) return false; e.click(); return true`))
}

// Pick taps an option below a question.
func (tab *Tab) Pick(question, option string) {
	tab.t.Helper()
	tab.act(tab.scoped(`
		const blocks = [...scope.querySelectorAll('[data-block]')].filter((e) => 
			e.textContent.includes(` + quote(question) + `));
		for (const b of blocks.reverse()) for (const l of b.querySelectorAll('label'))
			if (l.textContent.trim() === ` + quote(option) + `) { l.click(); return true }
		return false`))
}

// Fill types into, or chooses from, the field with a label.
func (tab *Tab) Fill(label, value string) {
	tab.t.Helper()
	tab.act(tab.scoped(`
		const l = [...scope.querySelectorAll('.label')].find((e) =>
			e.textContent.replace(' (optional)', '') === ` + quote(label) + `);
		const f = l && l.closest('.block').querySelector('input, textarea, select'); if (!f) return false;
		const o = f.options && [...f.options].find((o) => o.textContent === ` + quote(value) + `);
		if (f.options && !o) return false;
		f.focus(); f.value = o ? o.value : ` + quote(value) + `;
		for (const e of f.options ? ['change'] : ['input', 'change', 'blur']) f.dispatchEvent(new Event(e));
		return true`))
}

// composer is what finds the field for lines on the person's screen.
const composer = `const c = root.querySelector('textarea, [contenteditable=true], input[type=text]');
	if (!c) return false; `

// Send presses Enter where the command is typed already.
func (tab *Tab) Send() {
	tab.t.Helper()
	tab.act(tab.scoped(composer +
		`if (!(c.value ?? c.textContent).includes('/stepin')) return false; c.focus(); return true`))
	tab.Keys("\r")
}

// Types sends a line.
func (tab *Tab) Types(line string) {
	tab.t.Helper()
	tab.act(tab.scoped(composer +
		`c.focus(); c.setSelectionRange?.(0, c.value.length); return document.activeElement === c`))
	tab.Keys(line)
	tab.Keys("\x1b")
	tab.Keys("\r")
}

// Home goes to the tab of that name in the app.
func (tab *Tab) Home() {
	tab.t.Helper()
	tab.Tap("[data-test=app]")
	tab.Tap("[data-test=home-tab]")
}

// Messages goes to the conversation with the app.
func (tab *Tab) Messages() {
	tab.t.Helper()
	tab.Tap("[data-test=app]")
	tab.Tap("[data-test=messages-tab]")
	tab.Until(tab.Root() + `.querySelector(".post")`)
}

// Channel goes to a channel, from wherever the person is.
func (tab *Tab) Channel(id string) {
	tab.t.Helper()
	tab.Until(tab.scoped(`for (const b of root.querySelectorAll('[data-test=back]')) b.click();
		const l = root.querySelector('[data-test=list]'); if (l && l.offsetParent !== null) l.click();
		return root.querySelector('[data-channel=` + id + `]')`))
	tab.Tap("[data-channel=" + id + "]")
}

// Jump moves the clock by one of the page's buttons, and waits until it stands still again.
func (tab *Tab) Jump(label string) {
	tab.t.Helper()
	tab.act(`(() => { const b = document.querySelector('[data-jump="` + label + `"]');
		if (!b || b.getAttribute('aria-disabled')) return false; b.click(); return true })()`)
	tab.Until(`!document.querySelector('[data-jump][aria-busy]')`)
}

// Skip leaves a step of the story behind, or all of a branch.
func (tab *Tab) Skip() {
	tab.t.Helper()
	tab.Until(`(() => { const e = document.querySelector('[data-test=skip]');
		if (!e) return false; e.click(); return true })()`)
}

// Closed waits until no window is open.
func (tab *Tab) Closed() {
	tab.t.Helper()
	tab.Until(`document.querySelector('[role=dialog]') === null`)
}

// Reads waits for a text anywhere on the page.
func (tab *Tab) Reads(text string) {
	tab.t.Helper()
	tab.Until(`document.body.innerText.replace(/\s+/g, ' ').includes(` + quote(text) + `)`)
}

// Sees waits for a text on the person's screen, on its uppermost window if there is one.
func (tab *Tab) Sees(text string) {
	tab.t.Helper()
	tab.Until(tab.visible(text))
}

// Misses fails the test if one of the texts is where Sees looks.
func (tab *Tab) Misses(texts ...string) {
	tab.t.Helper()
	for _, text := range texts {
		if Eval[bool](tab, tab.visible(text)) {
			tab.Shot("failed")
			tab.t.Errorf("%s reads %q", tab.Who, text)
		}
	}
}

func (tab *Tab) visible(text string) string {
	return tab.scoped(`return (scope === root ? root.querySelector('.main') : scope)
		.innerText.replace(/\s+/g, ' ').includes(` + quote(text) + `)`)
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `\'`) + "'" }
