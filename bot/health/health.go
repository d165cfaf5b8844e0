// Package health knows what can go wrong with a running stepin, which of it holds now, and what was counted. Its table
// is the one source for /readyz, the status, the log, "stepin help causes" and what admins are told.
//
// Every room may report to it, and it knows none of them: it is told of a cause's beginning and end (health.go), keeps
// what the admins must hear (alarm.go), and counts for the metrics (figures.go). It promises that each beginning and
// each end is logged once, and that no figure is kept by person or decision.
package health

import (
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"stepin/nudges"
)

// A Cause names what keeps stepin from working as it should. It is the code that /readyz gives.
type Cause string

// The causes. Of the last two, only /readyz and the status tell: they are moments, and no faults.
const (
	TokenRefused    Cause = "token-refused"
	ScopeMissing    Cause = "scope-missing"
	MessagesOff     Cause = "messages-off"
	AppTokenRefused Cause = "app-token-refused"
	SocketModeOff   Cause = "socket-mode-off"
	NoConnection    Cause = "no-connection"
	DiskFull        Cause = "disk-full"
	ReadOnly        Cause = "store-read-only"
	StoreFails      Cause = "store-fails"
	FileMoved       Cause = "file-moved"
	ClockOff        Cause = "clock-off"
	TokenShared     Cause = "token-shared"
	GroupUnknown    Cause = "group-unknown"
	Starting        Cause = "starting"     // no connection has stood yet
	Reconnecting    Cause = "reconnecting" // none stands, for less than a minute
)

// An Row is what stepin does about one cause: a row of "stepin help causes".
type Row struct {
	Cause   Cause
	When    string // what has happened
	Works   string // what still works, and what does not
	Unready Unready
	Log     string // the line in the log at its beginning
	Do      string // what an operator can do; it stands in the log and in the status, too
	Ends    string // how it is over; the log then says "over" with the cause
}

// Unready says whether /readyz answers 503 while a cause holds.
type Unready string

// The kinds.
const (
	NotUnready  Unready = "200"                            // stepin is ready all the same
	IfUnlinked  Unready = "503 while no connection stands" // else 200
	UnreadyEver Unready = "503"
)

// Table is the table by which stepin degrades. What the admins read of each is the text of the
// name "ops-" and its cause.
var Table = []Row{
	{
		TokenRefused, "Slack refuses the bot token: it was revoked, the app was removed, or an admin has restricted it",
		"Clicks are saved and acknowledged; windows do not open; messages wait", NotUnready,
		"Slack refuses the bot token",
		"install the app again if it was removed, or have your Slack admin allow it; if its bot token is another then, put it where stepin reads it",
		"By itself within two minutes, once the same token works again, or five of a restriction being lifted; a new token in its file is taken within seconds, one in the environment needs a restart",
	},
	{
		ScopeMissing, "The app has lost a scope that it needs",
		"Clicks, windows and reading; messages wait", NotUnready,
		"the app lacks a scope",
		"add the scope under OAuth & Permissions (\"stepin check\" names it), and reinstall the app",
		"By itself within two minutes of the app being reinstalled with the scope",
	},
	{
		MessagesOff, "The Messages tab was switched off under App Home",
		"All but messages, which wait", NotUnready,
		"the Messages tab is off",
		"switch the Messages tab on, under App Home",
		"By itself within two minutes of the tab being on again",
	},
	{
		AppTokenRefused, "Slack refuses the app-level token, or it lacks connections:write",
		"Messages and reminders go out; connections that stand go on; without one no command or click arrives", IfUnlinked,
		"Slack refuses the app-level token",
		"make an app-level token with connections:write, under Basic Information, and put it where stepin reads it",
		"One from a file is waited for: by itself within two minutes, once it works again or another stands there. One from the environment that has ended ends stepin with code 1, and only a restart with another mends it",
	},
	{
		SocketModeOff, "Socket Mode was switched off, or an admin does not allow the app to connect",
		"Messages and reminders go out; no command or click arrives", IfUnlinked,
		"Slack lets the app open no connection",
		"switch Socket Mode on in the app's settings, or ask your Slack admin to allow the app",
		"By itself within five minutes of Socket Mode being on again",
	},
	{
		NoConnection, "No connection to Slack for a minute, for any other reason",
		"All that was saved is kept; no command or click arrives, and messages wait unless Slack can be reached", IfUnlinked,
		"no connection to Slack",
		"see whether this machine has a network, or needs a proxy: \"stepin check\" says what stands in between; else see https://slack-status.com",
		"By itself, once Slack can be reached",
	},
	{
		DiskFull, "The disk is full",
		"Home, help and what is read; each click is told that it was not saved; messages and reminders wait", UnreadyEver,
		"nothing can be saved: the disk is full",
		"make room on the disk that the file is on",
		"By itself within two minutes of there being room",
	},
	{
		ReadOnly, "The file may not be written to any more",
		"As for a full disk", UnreadyEver,
		"nothing can be saved: the file may not be written to",
		"let the user that stepin runs as write to the file and its folder, or mount the disk to be written to",
		"By itself within two minutes of the file being writable; a disk that the system has mounted anew needs a restart",
	},
	{
		StoreFails, "A commit fails for any other reason, such as a failing disk",
		"As for a full disk", UnreadyEver,
		"nothing can be saved: a commit fails",
		"look after the disk, and make a backup to another one",
		"By itself within two minutes of a commit going well. One that ends unclear ends stepin, for only opening the file anew tells what is in it",
	},
	{
		FileMoved, "The file was moved away, deleted or replaced while stepin runs",
		"All, in the file that was moved, which a new start would not find", UnreadyEver,
		"the file has its name no more",
		"move it back; or take a backup, which copies it also if it was deleted, stop stepin and restore that",
		"By itself within two minutes of the file being moved back",
	},
	{
		ClockOff, "This machine's clock and Slack's are more than two minutes apart",
		"All that people do; what the clock alone starts waits: reminders, expiries, debriefs", NotUnready,
		"the clock is off",
		"set this machine's clock (NTP)",
		"By itself within two minutes of the clock being right; what was due meanwhile is then done",
	},
	{
		TokenShared, "Another process uses the same token. Whichever started last says so after five minutes, the other when it next renews a connection, within three hours",
		"All, but the other process takes a share of the commands and clicks", NotUnready,
		"another program uses this app's token and takes a share of the commands",
		"stop the other one, or give each an app of its own",
		"At the next renewal of a connection after the other has ended, within three hours",
	},
	{
		GroupUnknown, "Slack has not said for half an hour, or refuses to say, who is in the user group under allowed",
		"All, for those who were last in the group, also after a new start within a day; whoever has joined it since is refused", NotUnready,
		"Slack does not say who may use stepin",
		"see whether the user group under allowed is still there, and whether the app may look it up: \"stepin check\" says; or name another and send SIGHUP",
		"By itself within five minutes of Slack saying so, or by SIGHUP with another allowed",
	},
}

func rowOf(c Cause) Row {
	i := slices.IndexFunc(Table, func(a Row) bool { return a.Cause == c })
	return Table[i]
}

// StoreCause is why nothing can be saved; "" for an error that says nothing about it.
func StoreCause(err error) Cause {
	switch {
	case errors.Is(err, nudges.ErrDiskFull):
		return DiskFull
	case errors.Is(err, nudges.ErrReadOnly):
		return ReadOnly
	case errors.Is(err, nudges.ErrNoCommit):
		return StoreFails
	}
	return ""
}

// Stored notes what the error of an update says about the store, and returns it.
func (h *Ledger) Stored(err error) error {
	if cause := StoreCause(err); cause != "" {
		h.Begin(cause)
	}
	return err
}

var StoreCauses = []Cause{DiskFull, ReadOnly, StoreFails}

// Ledger knows which causes hold, and says each beginning and each end once.
type Ledger struct {
	log *slog.Logger
	now func() time.Time

	mu     sync.Mutex
	since  map[Cause]time.Time // those that hold
	rung   map[string]bool     // alarms raised since the start
	alarms []*Alarm            // that the admins have not been told
	poke   chan struct{}       // there is an alarm
}

func New(log *slog.Logger, now func() time.Time) *Ledger {
	return &Ledger{log: log, now: now, since: map[Cause]time.Time{}, rung: map[string]bool{}, poke: make(chan struct{}, 1)}
}

// Begin says that a cause holds.
func (h *Ledger) Begin(c Cause, details ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, holds := h.since[c]; holds {
		return
	}
	h.since[c] = time.Now()
	h.say(c, details...)
	a := &Alarm{Cause: c, on: nudges.DateIn(h.now(), time.UTC), Tried: map[nudges.UserID]bool{}, Said: map[nudges.UserID]nudges.Receipt{}}
	if key := AlarmKey(a.on, c, ""); !h.rung[key] {
		h.rung[key] = true
		h.alarms = append(h.alarms, a)
		select {
		case h.poke <- struct{}{}:
		default:
		}
	}
}

// Last is begin for what ends stepin: the admins would read of it when the next one runs.
func (h *Ledger) Last(c Cause, details ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, holds := h.since[c]; !holds {
		h.since[c] = time.Now()
		h.say(c, details...)
	}
}

// say writes into the log what has begun, and what to do.
func (h *Ledger) say(c Cause, details ...any) {
	a := rowOf(c)
	h.log.Error(a.Log, append(append([]any{"cause", c}, details...), "do", a.Do)...)
}

// Untold are the alarms that the admins have not been told yet.
func (h *Ledger) Untold() []*Alarm {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.alarms)
}

// Told takes an alarm out, for the admins know of it.
func (h *Ledger) Told(a *Alarm) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.alarms = slices.DeleteFunc(h.alarms, func(x *Alarm) bool { return x == a })
}

// Raised receives a value when there is an alarm to tell.
func (h *Ledger) Raised() <-chan struct{} { return h.poke }

// End says that none of these causes holds any more.
func (h *Ledger) End(causes ...Cause) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range causes {
		if since, held := h.since[c]; held {
			delete(h.since, c)
			h.log.Info("over", "cause", c, "after", time.Since(since).Round(time.Second))
		}
	}
}

// Holds says whether one of these causes does.
func (h *Ledger) Holds(causes ...Cause) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(causes, func(c Cause) bool { _, ok := h.since[c]; return ok })
}

// Report says whether stepin is ready while n connections stand, and what is wrong, in the order of the
// table; first of all, why it is not ready. none is since when no connection stands, zero if none ever did.
func (h *Ledger) Report(n int, none time.Time) (ready bool, causes []Cause) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ready = true
	var rest []Cause
	explained := n > 0 // why no connection stands, if none does
	for _, a := range Table {
		if _, holds := h.since[a.Cause]; !holds {
			continue
		}
		if a.Unready == UnreadyEver || a.Unready == IfUnlinked && n == 0 {
			ready, causes = false, append(causes, a.Cause)
			explained = explained || a.Unready == IfUnlinked
			continue
		}
		rest = append(rest, a.Cause)
	}
	if !explained {
		c := Reconnecting
		if none.IsZero() {
			c = Starting
		}
		ready, causes = false, append(causes, c)
	}
	return ready, append(causes, rest...)
}
