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

// The causes. The last two are short moments and not faults: only /readyz and the status report them.
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

// A Row is what stepin does about one cause: a row of "stepin help causes".
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
	NotUnready  Unready = "200"                           // stepin is ready all the same
	IfUnlinked  Unready = "503 while no connection is up" // else 200
	UnreadyEver Unready = "503"
)

// Table is the table by which stepin degrades. What the admins read of each is the text of the
// name "ops-" and its cause.
var Table = []Row{
	{
		TokenRefused, "Slack refuses the bot token: it was revoked, the app was removed, or an admin restricted it",
		"Clicks are saved and acknowledged; windows do not open; messages wait", NotUnready,
		"Slack refuses the bot token",
		"if the app was removed, install it again; if an admin restricted it, ask them to allow it; " +
			"if it has a new bot token, put that where stepin reads it",
		"By itself: within two minutes after the same token works again, or five minutes after the restriction ends. " +
			"A new token in a file is used within seconds; one in the environment needs a restart",
	},
	{
		ScopeMissing, "The app has lost a scope that it needs",
		"Clicks, windows and everything that is read; messages wait", NotUnready,
		"the app lacks a scope",
		"add the scope under OAuth & Permissions (\"stepin check\" names it), and reinstall the app",
		"By itself, within two minutes after the app is reinstalled with the scope",
	},
	{
		MessagesOff, "The Messages tab was switched off under App Home",
		"Everything except messages, which wait", NotUnready,
		"the Messages tab is off",
		"switch the Messages tab on, under App Home",
		"By itself, within two minutes after the tab is on again",
	},
	{
		AppTokenRefused, "Slack refuses the app-level token, or it lacks connections:write",
		"Messages and reminders go out; open connections stay; without a connection no command or click " +
			"arrives", IfUnlinked,
		"Slack refuses the app-level token",
		"make an app-level token with connections:write, under Basic Information, and put it where stepin reads it",
		"From a file: by itself, within two minutes after the token works again or the file has a new one. " +
			"From the environment: stepin ends with code 1, and needs a restart with a new token",
	},
	{
		SocketModeOff, "Socket Mode was switched off, or an admin does not allow the app to connect",
		"Messages and reminders go out; no command or click arrives", IfUnlinked,
		"Slack refuses to open a connection",
		"switch Socket Mode on in the app's settings, or ask your Slack admin to allow the app",
		"By itself, within five minutes after Socket Mode is on again",
	},
	{
		NoConnection, "No connection to Slack for a minute, for any other reason",
		"Everything saved is kept; no command or click arrives; messages wait unless Slack can be " +
			"reached", IfUnlinked,
		"no connection to Slack",
		"check whether this machine has a network or needs a proxy: \"stepin check\" says what blocks it; " +
			"else see https://slack-status.com",
		"By itself, when Slack can be reached",
	},
	{
		DiskFull, "The disk is full",
		"Home, help and everything that is read; people are told that their click was not saved; messages and " +
			"reminders wait", UnreadyEver,
		"nothing can be saved: the disk is full",
		"make room on the disk that the file is on",
		"By itself, within two minutes after there is room",
	},
	{
		ReadOnly, "stepin may no longer write to the file",
		"As for a full disk", UnreadyEver,
		"nothing can be saved: the file is read-only",
		"let the user of stepin write to the file and its folder, or mount the disk for writing",
		"By itself, within two minutes after the file is writable; a disk that was mounted again needs a restart",
	},
	{
		StoreFails, "A commit fails for any other reason, such as a failing disk",
		"As for a full disk", UnreadyEver,
		"nothing can be saved: a commit fails",
		"check the disk, and make a backup to another one",
		"By itself, within two minutes after a commit succeeds. A commit without a clear answer ends stepin, " +
			"since only opening the file again shows what is in it",
	},
	{
		FileMoved, "The file was moved away, deleted or replaced while stepin runs",
		"Everything, in the moved file; a restart would not find it", UnreadyEver,
		"the file was moved or deleted",
		"move it back; or make a backup (this works even if it was deleted), stop stepin and restore the backup",
		"By itself, within two minutes after the file is back",
	},
	{
		ClockOff, "The clock of this machine differs from Slack's by more than two minutes",
		"Everything that people do; what the clock starts waits: reminders, expiries, debriefs", NotUnready,
		"the clock is off",
		"set the clock of this machine (NTP)",
		"By itself, within two minutes after the clock is right; then stepin does what was due",
	},
	{
		TokenShared, "Another process uses the same token. The one that started last reports it after five minutes, " +
			"the other when it next renews a connection, within three hours",
		"Everything, but the other process takes a share of the commands and clicks", NotUnready,
		"another program uses this app's token and takes a share of the commands",
		"stop the other program, or give each its own app",
		"When a connection is next renewed after the other has ended, within three hours",
	},
	{
		GroupUnknown, "For half an hour Slack has not said who is in the user group under allowed, " +
			"or it refuses to say",
		"Everything for the last known members, also after a restart within a day; people who joined since are " +
			"refused", NotUnready,
		"Slack does not say who may use stepin",
		"check with \"stepin check\" whether the user group under allowed still exists " +
			"and whether the app may read it; or name another group and send SIGHUP",
		"By itself, within five minutes after Slack answers; or by SIGHUP with another allowed",
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
	return &Ledger{
		log: log, now: now, since: map[Cause]time.Time{}, rung: map[string]bool{},
		poke: make(chan struct{}, 1),
	}
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
	a := &Alarm{
		Cause: c, on: nudges.DateIn(h.now(), time.UTC), Tried: map[nudges.UserID]bool{},
		Said: map[nudges.UserID]nudges.Receipt{},
	}
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
