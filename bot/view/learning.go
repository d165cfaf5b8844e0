package view

import (
	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/text"
	"stepin/nudges/words"
)

// learningScreens are those of the deals marked for learning.
var learningScreens = map[form.Screen]row{
	form.LearningScreen: {
		title: "title-learning", submit: "submit-learning",
		draw: drawLearning, reopen: form.ActLearning,
	},
}

// MostLearning is how many marks the window lists: the newest.
const MostLearning = 10

// learnField asks what a rep is to learn from a deal.
func (b *builder) learnField(was string) *slack.InputBlock {
	in := b.optional(form.ActLearn, "label-learn", b.input(form.ActLearn, "placeholder-learn", nudges.MaxLearn, was))
	in.Hint = b.plain("learn-hint")
	return in
}

// drawLearning is the window of the deals for learning: those that are marked, and a form to
// mark one.
func drawLearning(b *builder) {
	b.say("learning-lead")
	if len(b.Learning) == 0 {
		b.quiet("learning-none")
	}
	for i, l := range b.Learning {
		if i == MostLearning {
			more := b.Scene
			more.Data.N = len(b.Learning) - i
			b.add(quiet(more.phrase("learning-more")))
			break
		}
		off := b.button(form.ActUnlearn, "button-unlearn")
		off.Value = form.WriteLearning(l)
		about := b.Scene
		about.Data = words.Data{Rep: b.name(l.Rep), Deal: l.Deal}
		b.beside(form.Block(form.ActUnlearn)+"-"+form.LearningKey(l), about.phrase("learning-item"), off)
		b.add(section(text.Quoted(l.What)))
	}
	b.divide()
	b.field(form.ActRep, "label-rep", b.person(form.ActRep, "", ""))
	b.dealField().Optional = false
	b.learnField("").Optional = false
}

// drawLearningHome is what Home says of the deals for learning.
func drawLearningHome(b *builder) {
	about := b.Scene
	about.Data.N = len(b.Learning)
	b.beside(form.Block(form.ActLearning), about.phrase("home-learning"), b.button(form.ActLearning, "button-learning"))
}
