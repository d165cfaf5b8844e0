package health

import "slices"

// A Cause names what keeps stepin from working as it should. It is the code that /readyz gives.
type Cause string

// The causes. The last two pass quickly and are no faults: only /readyz and the status report them.
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
	FileDamaged     Cause = "file-damaged"
	RetentionFails  Cause = "retention-fails"
	BackupFails     Cause = "backup-fails"
	ClockOff        Cause = "clock-off"
	TokenShared     Cause = "token-shared"
	GroupUnknown    Cause = "group-unknown"
	Starting        Cause = "starting"     // no connection has been up yet
	Reconnecting    Cause = "reconnecting" // no connection is up, for less than a minute
)

// A Row describes one cause: a row of "stepin help causes".
type Row struct {
	Cause   Cause
	When    string // what has happened
	Works   string // what still works, and what does not
	Unready Unready
	Log     string // the line in the log at its beginning
	Do      string // what an operator can do; it is in the log and the status, too
	Ends    string // how it ends; the log then says "over" with the cause
}

// Unready says whether /readyz answers 503 while a cause holds.
type Unready string

// What /readyz answers.
const (
	NotUnready  Unready = "200"
	IfUnlinked  Unready = "503 while no connection is up" // else 200
	UnreadyEver Unready = "503"
)

// Table says how stepin degrades with each cause. The text for admins is named KindPrefix and the cause.
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
		FileDamaged, "A part of the file cannot be read, or the file was cut while stepin runs",
		"Everything that does not need the damaged part; for the rest people are told that their click was not " +
			"saved. In a file that was cut nothing is saved", UnreadyEver,
		"the file is damaged",
		"stop stepin and restore a backup; if there is none, \"stepin backup --damaged FILE\" saves what can be read " +
			"and says what is missing: restore that",
		"By itself, within ten minutes after all of the file can be read again. Else by a restore",
	},
	{
		RetentionFails, "The disk has no room to rewrite the file, or a round of retention or a forgetting failed",
		"Everything that people do. Words that were to go are gone for everybody, but stand in the file until it is " +
			"rewritten", NotUnready,
		"what has expired or is to be forgotten stays in the file",
		"make room on the disk that the file is on: \"stepin status\" says how much a rewrite needs, which is what " +
			"is in use, an eighth more and 1 MiB. If there is room, see in the log what failed",
		"By itself: within two minutes after there is room; after any other failure with the next try, an hour later",
	},
	{
		BackupFails, "\"stepin backup\" failed while stepin runs",
		"Everything, but there is no new backup", NotUnready,
		"a backup failed",
		"run the same \"stepin backup\" by hand: it says what to do. Most often the disk that it goes to is full, or " +
			"a file of that name is there",
		"When a backup succeeds",
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
