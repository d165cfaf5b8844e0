package store

import (
	"time"

	"stepin/nudges"
)

// A debriefRecord is a debrief as the file has it.
type debriefRecord struct {
	State          nudges.DebriefState `json:"state,omitempty"`
	By             nudges.UserID       `json:"by,omitempty"`
	At             time.Time           `json:"at,omitzero"`
	Place          nudges.Place        `json:"place,omitempty"`
	Channel        string              `json:"channel,omitempty"`
	Root           string              `json:"root,omitempty"`
	Asked          []string            `json:"asked,omitempty"`
	Trouble        nudges.PlaceTrouble `json:"trouble,omitempty"`
	Told           bool                `json:"told,omitempty"`
	Unclear        []string            `json:"unclear,omitempty"`
	RemindAt       time.Time           `json:"chase_at,omitzero"`
	ThreadRemindAt time.Time           `json:"nag_at,omitzero"`
	RemindOn       nudges.Date         `json:"chase_on,omitempty"`
	Reminded       bool                `json:"chased,omitempty"`
	ThreadReminded bool                `json:"nagged,omitempty"`
	Manager        entryRecord         `json:"manager,omitzero"`
	Rep            entryRecord         `json:"rep,omitzero"`
	Kept           bool                `json:"kept,omitempty"`
	Trusted        bool                `json:"trusted,omitempty"`
	End            nudges.DebriefEnd   `json:"end,omitempty"`
	EndBy          nudges.UserID       `json:"end_by,omitempty"`
	Reason         string              `json:"reason,omitempty"` // private text
	StandsAt       time.Time           `json:"stands_at,omitzero"`
	RepHas         time.Time           `json:"rep_has,omitzero"`
	Closing        nudges.DebriefEnd   `json:"closing,omitempty"`
	DidPlan        nudges.PlanAnswer   `json:"did_plan,omitempty"`
}

// An entryRecord is what one of the two logged: a nudges.Entry.
type entryRecord struct {
	Outcome nudges.CallOutcome `json:"outcome,omitempty"`
	Route   nudges.RouteAnswer `json:"route,omitempty"`
	Coached string             `json:"coached,omitempty"`
	Learned string             `json:"learned,omitempty"` // private text, as is the link
	Link    string             `json:"link,omitempty"`
	At      time.Time          `json:"at,omitzero"`
}

func debriefRecordOf(d nudges.Debriefing) debriefRecord {
	return debriefRecord{
		d.State, d.By, d.At, d.Place, d.Channel, d.Root, d.Asked, d.Trouble, d.Told, d.Unclear,
		d.RemindAt, d.ThreadRemindAt, d.RemindOn, d.Reminded, d.ThreadReminded,
		entryRecord(d.Manager), entryRecord(d.Rep), d.Kept, d.Trusted, d.End, d.EndBy, d.Reason,
		d.StandsAt, d.RepHas, d.Closing, d.DidPlan,
	}
}

func (d debriefRecord) debriefing() nudges.Debriefing {
	return nudges.Debriefing{
		State: d.State, By: d.By, At: d.At, Place: d.Place, Channel: d.Channel, Root: d.Root, Asked: d.Asked,
		Trouble: d.Trouble, Told: d.Told, Unclear: d.Unclear,
		RemindAt: d.RemindAt, ThreadRemindAt: d.ThreadRemindAt, RemindOn: d.RemindOn, Reminded: d.Reminded,
		ThreadReminded: d.ThreadReminded,
		Manager:        nudges.Entry(d.Manager), Rep: nudges.Entry(d.Rep), Kept: d.Kept, Trusted: d.Trusted,
		End: d.End, EndBy: d.EndBy, Reason: d.Reason,
		StandsAt: d.StandsAt, RepHas: d.RepHas, Closing: d.Closing, DidPlan: d.DidPlan,
	}
}
