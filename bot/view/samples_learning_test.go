package view

import (
	"cmp"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/words"
)

// samplesOfLearning draws the deals for learning: their window, the verdict on one, and Home with them.
func samplesOfLearning(words *words.Words, c sampleCall, begun nudges.Request) []sample {
	var all []sample
	with := func(n int, r nudges.Request) Scene {
		sc := c.scene(words, r, sampleManager)
		for i := range n {
			sc.Learning = append(sc.Learning, nudges.LearningDeal{
				Manager: sampleManager, Rep: sampleRep, Deal: c.deal, What: cmp.Or(c.words, "-"),
				At: c.now.Add(-time.Duration(i) * time.Minute),
			})
		}
		return sc
	}
	for name, n := range map[string]int{"": 2, "-none": 0, "-many": MostLearning + 2} {
		all = append(all,
			sample{"learning" + name, drawModal(form.LearningScreen, with(n, nudges.Request{}))},
			sample{"home-learning" + name, HomeTab(Home{Own: with(n, nudges.Request{}), Manages: true})})
	}
	marked := begun
	marked.Past.Learn = c.words
	all = append(all, sample{"fields-learning", drawModal(form.FieldsScreen, with(0, marked))})
	for _, v := range verdicts {
		switch v.name {
		case "co-pilot", "hold-back", "coach", "customer":
			r := marked
			r.Answers = v.answers
			all = append(all, sample{"verdict-learning-" + v.name, drawModal(form.VerdictScreen, with(0, r))})
		}
	}
	for text, action := range map[string]string{
		"err-learn-deal": form.ActDeal, "err-learn-what": form.ActLearn,
		"err-learn-long": form.ActLearn,
	} {
		all = append(all, sample{"errors-" + text, Errors(map[string]string{action: text}, with(0, nudges.Request{}))})
	}
	return append(all, sample{"open-learning", Open(with(0, nudges.Request{}), form.ActLearning, time.Time{})})
}
