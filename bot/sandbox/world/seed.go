package world

// Seed is who and what is in a fresh workspace.
type Seed struct {
	Team, App, BotUser string // ids; Team's name is "Northwind"
	Org                string // id of the organisation that Team belongs to; "" for none
	OrgWide            bool   // the app is installed for the whole organisation
	People             []Person
	Channels           []Channel
}

// Person is somebody with an account, the app's bot user included.
type Person struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Title       string `json:"title"`
	Role        string `json:"role"`            // what the page says about them; the platform knows no roles
	Zone        string `json:"zone"`            // IANA name
	Locale      string `json:"locale"`          // of the language they have Slack in, such as "en-US"; "" for none told
	Offset      *int   `json:"-"`               // seconds east of UTC, by the platform's data; nil for ours
	StatusEmoji string `json:"status"`          // such as ":palm_tree:"
	StatusUntil int64  `json:"-"`               // seconds since 1970 at which the status ends; 0 for never
	Bot         bool   `json:"bot"`             // an app's user: nobody can act as it
	Guest       bool   `json:"-"`               // a single-channel guest
	GuestOfMany bool   `json:"-"`               // a multi-channel guest
	Stranger    bool   `json:"-"`               // of another organisation, with the platform's flag
	Was         string `json:"-"`               // id before the workspace joined an organisation; "" for the same
	Team        string `json:"-"`               // id of their workspace; "" for this one
	Org         string `json:"-"`               // id of the organisation that Team belongs to; "" for none
	Deleted     bool   `json:"gone,omitempty"`  // deactivated
	Admin       bool   `json:"admin,omitempty"` // may delete what others, and apps, have said
}

// Channel is a conversation.
type Channel struct {
	ID, Name string
	Kind     string // "channel", "private", "im" or "mpim"
	Topic    string
	Members  []string // user ids
	Archived bool
	External bool // shared with another organisation
	Closed   bool // apps may not post there
}

// DefaultSeed is the workspace "Northwind": five people in five zones, some with whom an app must not talk, two
// channels and a conversation of two. All have Slack in British English.
func DefaultSeed() Seed {
	seed := Seed{
		Team: "T0NORTHWD", App: "A0STEPIN1", BotUser: "U0STEPIN1",
		People: []Person{
			{ID: "U0SAM001", Name: "Sam Okafor", Title: "Sales manager", Role: "manager", Zone: "Europe/Berlin"},
			{ID: "U0DANA01", Name: "Dana Reyes", Title: "Account executive", Role: "rep", Zone: "Europe/London"},
			{ID: "U0LIOR01", Name: "Lior Ben-Ami", Title: "Account executive", Role: "rep", Zone: "Asia/Jerusalem"},
			{ID: "U0PRIYA1", Name: "Priya Nair", Title: "Sales director", Role: "approver", Zone: "Asia/Kolkata"},
			{
				ID: "U0INES01", Name: "Ines Duarte", Title: "Head of sales", Role: "leader", Zone: "America/New_York",
				Admin: true,
			},
			{ID: "U0STEPIN1", Name: "stepin", Role: "bot", Bot: true},
			{ID: "U0GUEST1", Name: "Gus Guest", Title: "Contractor", Role: "guest", Zone: "Europe/Paris", Guest: true},
			{
				ID: "U0GONE01", Name: "Mara Former", Title: "Left in spring", Role: "deactivated",
				Zone: "Europe/Berlin", Deleted: true,
			},
			{ID: "U0OTHERB", Name: "calendar", Title: "Another app", Role: "bot", Bot: true},
		},
		Channels: []Channel{
			{
				ID: "C0DEALS1", Name: "deals", Kind: "channel", Topic: "What is in play",
				Members: []string{"U0SAM001", "U0DANA01", "U0LIOR01", "U0PRIYA1", "U0INES01", "U0STEPIN1"},
			},
			{
				ID: "C0DEBRF1", Name: "debriefs", Kind: "channel", Topic: "What a call taught us",
				Members: []string{"U0SAM001", "U0DANA01", "U0LIOR01", "U0PRIYA1", "U0STEPIN1"},
			},
			{ID: "D0SAMDANA", Kind: "im", Members: []string{"U0SAM001", "U0DANA01"}},
		},
	}
	for i := range seed.People {
		seed.People[i].Locale = "en-GB"
	}
	return seed
}
