package decide

import (
	"errors"
	"slices"
	"strings"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/storage"
)

// learningRows are the deals marked for learning.
var learningRows = rows{
	actions: map[string]action{
		form.ActLearning: {listedOnly, nil, shows(form.LearningScreen)},
		form.ActUnlearn:  {listedOnly, nil, (*handler).unlearn},
	},
	windows: map[form.Screen]window{
		form.LearningScreen: {home: true, submit: (*handler).submitLearning},
	},
}

// learnLately is how long ago a request can have begun whose debrief still shows a new mark.
const learnLately = 60 * 24 * time.Hour

// unlearn takes a mark off a deal.
func (c *handler) unlearn() error {
	c.out.Screen = form.LearningScreen
	marked, err := c.tx.Learning(c.in.User)
	if err != nil {
		return err
	}
	key := form.ReadKey(c.in.Value)
	i := slices.IndexFunc(marked, func(l nudges.LearningDeal) bool { return form.LearningKey(l) == key })
	if i < 0 {
		return nil // it was taken off on another screen
	}
	return c.learn(marked[i].Rep, marked[i].Deal, "")
}

// submitLearning marks a deal.
func (c *handler) submitLearning() error {
	deal, what := c.in.Form[form.ActDeal], c.typedLearn()
	wrong := c.learnErrors(deal, what)
	if what == "" {
		wrong[form.ActLearn] = "err-learn-what"
	}
	if c.known.RepErr != nil {
		wrong[form.ActRep], _ = Explain(c.known.RepErr)
	}
	if len(wrong) > 0 {
		return wrong
	}
	c.out.Screen = form.DoneScreen
	return c.learn(c.known.rep.ID, deal, what)
}

func (c *handler) typedLearn() string { return strings.TrimSpace(c.in.Form[form.ActLearn]) }

// learnErrors are what keeps a deal from being marked, by field.
func (c *handler) learnErrors(deal, what string) invalid {
	errs := invalid{}
	if nudges.NormalDeal(deal) == "" {
		errs[form.ActDeal] = "err-learn-deal"
	}
	if len([]rune(what)) > nudges.MaxLearn {
		errs[form.ActLearn] = "err-learn-long"
	}
	return errs
}

// learnsIn says whether the fields of a call change what is to be learned. The call was was, and is now d. A text
// that nobody touched belongs to the old call, and does not move to another.
func (c *handler) learnsIn(was nudges.Request, d nudges.Describe) bool {
	another := d.Rep != was.Rep || nudges.NormalDeal(d.Deal) != nudges.NormalDeal(was.Deal)
	what := c.typedLearn()
	return c.in.Shown[form.ActLearn] && what != was.Past.Learn && (what != "" || !another)
}

// learn marks a deal for learning, or takes the mark off if what is "". Every open request about the deal then says
// so, up to its debrief.
func (c *handler) learn(rep nudges.UserID, deal, what string) error {
	l := nudges.LearningDeal{Manager: c.in.User, Rep: rep, Deal: deal, What: what, At: c.now}
	marked, err := c.tx.Learning(c.in.User)
	if err != nil {
		return err
	}
	for slices.ContainsFunc(marked, func(m nudges.LearningDeal) bool { return m.At.Equal(l.At) }) {
		l.At = l.At.Add(time.Nanosecond)
	}
	open, err := storage.All(c.tx.OpenRequests(c.in.User))
	if err != nil {
		return err
	}
	begun, err := c.tx.Begun(c.in.User, c.now.Add(-learnLately))
	if err != nil {
		return err
	}
	if err := c.tx.PutLearning(l); err != nil {
		return err
	}
	c.out.Homes = append(c.out.Homes, c.in.User)
	own := c.r
	seen := map[nudges.RequestID]bool{}
	for _, r := range append(open, begun...) {
		if seen[r.ID] || !l.About(r) {
			continue
		}
		seen[r.ID], c.r = true, r
		err := c.step(nudges.Learn{By: c.in.User, What: what})
		switch {
		case errors.Is(err, nudges.ErrClosed) || errors.Is(err, nudges.ErrOver): // done with
		case err != nil:
			return err
		case r.ID == own.ID:
			own = c.r
		}
	}
	c.r = own
	return nil
}
