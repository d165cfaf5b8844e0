package bot

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
)

const (
	actLearn   = "learn"   // a field: what is to be learned
	actUnlearn = "unlearn" // take a mark off
)

// mostLearning is how many marks the window lists: the newest.
const mostLearning = 10

// learnField asks what a rep is to learn from a deal.
func learnField(sc scene, was string) *slack.InputBlock {
	el := slack.NewPlainTextInputBlockElement(plain(sc.words.Text("placeholder-learn", sc.d)), actLearn)
	el.MaxLength, el.InitialValue = nudges.MaxLearn, was
	in := slack.NewInputBlock(form.Block(actLearn), plain(sc.words.Text("label-learn", sc.d)), plain(sc.words.Text("learn-hint", sc.d)), el)
	in.Optional = true
	return in
}

// learningBlocks are the window of the deals for learning: those that are marked, and a form to
// mark one.
func learningBlocks(sc scene) []slack.Block {
	blocks := []slack.Block{section(sc.words.Text("learning-lead", sc.d))}
	if len(sc.learning) == 0 {
		blocks = append(blocks, quiet(sc.words.Text("learning-none", sc.d)))
	}
	for i, l := range sc.learning {
		if i == mostLearning {
			d := sc.d
			d.N = len(sc.learning) - i
			blocks = append(blocks, quiet(sc.words.Text("learning-more", d)))
			break
		}
		off := sc.button(actUnlearn, "button-unlearn", slack.StyleDefault)
		off.Value = writeLearning(l)
		item := section(sc.words.Text("learning-item", nudges.Data{Rep: sc.name(l.Rep), Deal: l.Deal}))
		item.BlockID, item.Accessory = form.Block(actUnlearn)+"-"+learningID(l), slack.NewAccessory(off)
		blocks = append(blocks, item, section(nudges.Said(l.What)))
	}
	rep := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, nil, form.ActRep)
	deal, learn := dealField(sc), learnField(sc, "")
	deal.Optional, learn.Optional = false, false
	return append(blocks, slack.NewDividerBlock(),
		slack.NewInputBlock(form.Block(form.ActRep), plain(sc.words.Text("label-rep", sc.d)), nil, rep), deal, learn)
}

// learningHome is what Home says of the deals for learning.
func learningHome(sc scene) slack.Block {
	d := sc.d
	d.N = len(sc.learning)
	s := section(sc.words.Text("home-learning", d))
	s.BlockID = form.Block(form.ActLearning)
	s.Accessory = slack.NewAccessory(sc.button(form.ActLearning, "button-learning", slack.StyleDefault))
	return s
}

// learningID tells the marks of a manager apart, without anybody's words.
func learningID(l nudges.LearningDeal) string { return strconv.FormatInt(l.At.UnixNano(), 10) }

// writeLearning is the metadata of the button that takes a mark off; see readKey.
func writeLearning(l nudges.LearningDeal) string {
	b, _ := json.Marshal(form.Metadata{Key: learningID(l)}) // plain fields cannot fail
	return string(b)
}

// showLearning has a scene show the deals that its viewer has marked, and names their reps.
func (b *Bot) showLearning(ctx context.Context, sc *scene) {
	err := b.cfg.Store.View(ctx, func(r nudges.Reader) error {
		var err error
		sc.learning, err = r.Learning(sc.viewer)
		return err
	})
	if err != nil {
		b.log.Error("learning deals", "error", err)
	}
	var reps []nudges.UserID
	for _, l := range sc.learning[:min(mostLearning, len(sc.learning))] {
		reps = append(reps, l.Rep)
	}
	for id, p := range b.find(ctx, reps) {
		sc.names[id] = p.name
	}
}
