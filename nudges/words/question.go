package words

import (
	"stepin/nudges"
	"stepin/nudges/text"
)

// A Question is a question in words, for one call.
type Question struct {
	ID      nudges.QuestionID
	Ask     text.Text
	Options []Option
}

// An Option is an answer that can be tapped.
type Option struct {
	ID   nudges.OptionID
	Text text.Text
}
