package bot

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

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

// An Ailment is what stepin does about one cause: a row of "stepin help causes".
type Ailment struct {
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

// Ailments is the table by which stepin degrades. What the admins read of each is the text of the
// name "ops-" and its cause.
var Ailments = []Ailment{
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

func ailment(c Cause) Ailment {
	i := slices.IndexFunc(Ailments, func(a Ailment) bool { return a.Cause == c })
	return Ailments[i]
}

const (
	lookEvery   = time.Minute      // looks at what may be over, and at connections
	askEvery    = 10 * time.Minute // asks Slack, and tries the file, though nothing is known to be wrong
	noneFor     = time.Minute      // without a connection before that is a fault: renewals have short gaps
	deniedFor   = 4 * time.Minute  // after which no call having been refused says that none would be: what waits is tried each two
	clickWrites = 128 << 10        // bytes at most, by the pages that change in a small file
	clockApart  = 2 * time.Minute  // from Slack's clock; an answer may take 15 s
)

// slackCause is what a code of Slack's to a call says about the set-up.
func slackCause(err error) (c Cause, code string) {
	no, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok || endings[no.Err] != hold {
		return "", ""
	}
	switch no.Err {
	case "missing_scope":
		if !lacksOurs(no) {
			return "", "" // an optional one, which whoever called does without
		}
		return ScopeMissing, no.Needed
	case "messages_tab_disabled":
		return MessagesOff, no.Err
	case "no_permission":
		return "", "" // of one conversation
	}
	return TokenRefused, no.Err
}

// lacksOurs says whether a refusal for a scope is for one of Scopes. Slack may name several that would do,
// also such as the app has.
func lacksOurs(no slack.SlackErrorResponse) bool {
	needed, has := strings.Split(no.Needed, ","), strings.Split(no.Provided, ",")
	return no.Needed == "" || slices.ContainsFunc(Scopes, func(s Scope) bool {
		return slices.Contains(needed, s.Name) && !slices.Contains(has, s.Name)
	})
}

// socketCause is the same for apps.connections.open, which the app-level token is for.
func socketCause(err error) (c Cause, code string) {
	no, _ := errors.AsType[slack.SlackErrorResponse](err)
	switch no.Err {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type", "missing_scope":
		return AppTokenRefused, no.Err
	}
	return SocketModeOff, no.Err
}

// storeCause is why nothing can be saved; "" for an error that says nothing about it.
func storeCause(err error) Cause {
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

// stored notes what the error of an update says about the store, and returns it.
func (h *health) stored(err error) error {
	if cause := storeCause(err); cause != "" {
		h.begin(cause)
	}
	return err
}

var storeCauses = []Cause{DiskFull, ReadOnly, StoreFails}

// health knows which causes hold, and says each beginning and each end once.
type health struct {
	log *slog.Logger
	now func() time.Time

	mu     sync.Mutex
	since  map[Cause]time.Time       // those that hold
	rung   map[string]bool           // alarms raised since the start
	alarms []*alarm                  // that the admins have not been told
	poke   chan struct{}             // there is an alarm
	denied time.Time                 // when a call was last refused for what auth.test is not
	asked  time.Time                 // when Slack was asked last how it finds us
	tried  time.Time                 // when the file was tried last
	shared atomic.Pointer[time.Time] // since when there have been more connections than ours; nil if there are not
}

func newHealth(log *slog.Logger, now func() time.Time) *health {
	return &health{log: log, now: now, tried: time.Now(), since: map[Cause]time.Time{}, rung: map[string]bool{}, poke: make(chan struct{}, 1)}
}

// begin says that a cause holds.
func (h *health) begin(c Cause, details ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, holds := h.since[c]; holds {
		return
	}
	h.since[c] = time.Now()
	h.say(c, details...)
	a := &alarm{cause: c, on: nudges.DateIn(h.now(), time.UTC), tried: map[nudges.UserID]bool{}, said: map[nudges.UserID]nudges.Receipt{}}
	if key := opsKey(a.on, c, ""); !h.rung[key] {
		h.rung[key] = true
		h.alarms = append(h.alarms, a)
		select {
		case h.poke <- struct{}{}:
		default:
		}
	}
}

// last is begin for what ends stepin: the admins would read of it when the next one runs.
func (h *health) last(c Cause, details ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, holds := h.since[c]; !holds {
		h.since[c] = time.Now()
		h.say(c, details...)
	}
}

// say writes into the log what has begun, and what to do.
func (h *health) say(c Cause, details ...any) {
	a := ailment(c)
	h.log.Error(a.Log, append(append([]any{"cause", c}, details...), "do", a.Do)...)
}

// end says that none of these causes holds any more.
func (h *health) end(causes ...Cause) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range causes {
		if since, held := h.since[c]; held {
			delete(h.since, c)
			h.log.Info("over", "cause", c, "after", time.Since(since).Round(time.Second))
		}
	}
}

// holds says whether one of these causes does.
func (h *health) holds(causes ...Cause) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(causes, func(c Cause) bool { _, ok := h.since[c]; return ok })
}

// Health is how a bot is now.
type Health struct {
	Ready  bool    // at least one connection to Slack stands, and the store can be written to
	Causes []Cause // what is wrong, in the order of Ailments; first of all, why it is not ready
	Alive  bool    // the clock goes on
}

// stuckAfter is for how long no tick may have ended before the process counts as stuck.
const stuckAfter = 15 * time.Minute

// Health says how the bot is now.
func (b *Bot) Health() Health {
	last := b.Figures().LastTick // zero until Slack has answered for the first time
	h := Health{Ready: true, Alive: last.IsZero() || time.Since(last) < stuckAfter}
	n, none := b.acks.standing()
	b.health.mu.Lock()
	defer b.health.mu.Unlock()
	var rest []Cause
	explained := n > 0 // why no connection stands, if none does
	for _, a := range Ailments {
		if _, holds := b.health.since[a.Cause]; !holds {
			continue
		}
		if a.Unready == UnreadyEver || a.Unready == IfUnlinked && n == 0 {
			h.Ready, h.Causes = false, append(h.Causes, a.Cause)
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
		h.Ready, h.Causes = false, append(h.Causes, c)
	}
	h.Causes = append(h.Causes, rest...)
	return h
}

// watch looks each minute whether what was wrong is over, and for what nobody has noticed yet.
func (b *Bot) watch(ctx context.Context) {
	every := time.NewTicker(lookEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.health.poke:
		case <-every.C:
			b.examine(ctx)
		}
		b.tellAdmins(ctx)
	}
}

func (b *Bot) examine(ctx context.Context) {
	h := b.health
	if n, none := b.acks.standing(); n > 0 {
		h.end(NoConnection)
	} else if !none.IsZero() && time.Since(none) >= noneFor && !h.holds(AppTokenRefused, SocketModeOff) {
		h.begin(NoConnection)
	}
	if f := b.cfg.File; f != nil && f.Moved() {
		h.begin(FileMoved)
	} else {
		h.end(FileMoved)
	}
	h.mu.Lock()
	asks, tries := time.Since(h.asked) >= askEvery, time.Since(h.tried) >= askEvery
	h.mu.Unlock()
	if asks || h.holds(TokenRefused, ScopeMissing, ClockOff) {
		_ = b.askSlack(ctx) // what it says is noted already
	}
	if tries || h.holds(storeCauses...) {
		b.tryStore(ctx)
	}
}

// askSlack asks whether Slack knows the token, and looks at the scopes and at the time of its answer.
func (b *Bot) askSlack(ctx context.Context) error {
	b.asking.Lock() // or two would go while the first is told to wait
	defer b.asking.Unlock()
	if err := b.pace.permit("auth.test"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	b.health.mu.Lock()
	b.health.asked = time.Now()
	b.health.mu.Unlock()
	var res *slack.AuthTestResponse
	var err error
	for api := (*slack.Client)(nil); api != b.api(); { // or the answer is about a token that has been replaced
		api = b.api()
		res, err = api.AuthTestContext(ctx)
	}
	if err == nil && res.TeamID == "" {
		err = errNoWord
	}
	b.pace.heard("auth.test", err)
	if err != nil {
		return err
	}
	b.health.mu.Lock()
	denied := time.Since(b.health.denied) < deniedFor
	b.health.mu.Unlock()
	if !denied {
		b.health.end(TokenRefused)
	}
	if lacks, told := missingScopes(res.Header); told && len(lacks) > 0 {
		err = lacksScopes(lacks...)
		b.health.begin(ScopeMissing, "scopes", lacks)
	} else {
		b.health.end(ScopeMissing)
	}
	b.readClock(res.Header.Get("Date"))
	return err
}

// tryStore commits something: only that shows whether it can be done. On a disk that was full it is as
// much as a click writes, for a little may fit where that does not.
func (b *Bot) tryStore(ctx context.Context) {
	var ballast []byte
	if b.health.holds(storeCauses...) {
		ballast = make([]byte, clickWrites)
	}
	b.health.mu.Lock()
	b.health.tried = time.Now()
	b.health.mu.Unlock()
	err := b.cfg.Store.Update(ctx, func(tx nudges.Tx) error { return tx.Record("health", ballast, b.now()) })
	if b.health.stored(err) == nil {
		b.health.end(storeCauses...)
	}
}

// callFailed notes what a failed call of the Web API says about us. apps.connections.open is not the
// bot token's, and is looked at where its error is.
func (b *Bot) callFailed(method string, err error, wait time.Duration) {
	if wait > 0 {
		b.meter.count(func(f *Figures) { f.RateLimited[method]++ })
	}
	c, code := slackCause(err)
	if isFile(method) && refusesFile(err) {
		return
	}
	if since := time.Since(b.keys.Load().since); c == TokenRefused && method != "auth.test" && since < apiTimeout {
		return // it may have been begun with the token before
	}
	if c == TokenRefused && !expired(err) {
		b.health.mu.Lock()
		b.health.denied = time.Now()
		b.health.mu.Unlock()
	}
	if c != "" {
		b.health.begin(c, "method", method, "says", code)
	}
}

// readClock compares the clock for what is due with the Date of an answer that came just now.
func (b *Bot) readClock(date string) {
	theirs, err := http.ParseTime(date)
	if err != nil {
		return // a proxy has dropped it
	}
	if apart := theirs.Sub(b.now()); apart.Abs() > clockApart {
		b.health.begin(ClockOff, "behind_by", apart.Round(time.Second))
	} else {
		b.health.end(ClockOff)
	}
}
