package words

import (
	_ "embed"
	"fmt"
	"time"

	"go.yaml.in/yaml/v4"
)

//go:embed story.yaml
var storyText []byte

// A Story is what the demo opens on: its words, and nothing of Slack.
type Story struct {
	Title, Lead, Lens, Typed string
	Later                    struct{ Title, Lead string } // from the call on, and after the story's end
	Call                     time.Duration                // from the story's beginning to its call
	Lines                    []struct {
		Who, Text string
		Ago       time.Duration // before the story's beginning
	}
	Steps []struct {
		Text   string
		Done   string                        // what ends the step, in the sandbox's terms, people by their first names
		Over   string                        // what ends its branch: the step was done another way
		Else   []struct{ When, Text string } // what is said in place of Text, and while what holds
		Branch string                        // shared by steps beyond the story, which are skipped as one
		Typed  string                        // typed already when the step comes
	}
	Jumps struct{ Hour, Call, Tomorrow string } // labels of the clock's jumps
}

// LoadStory reads the demo's story.
func LoadStory() (Story, error) {
	var s Story
	if err := yaml.Unmarshal(storyText, &s); err != nil {
		return s, fmt.Errorf("story.yaml: %w", err)
	}
	return s, nil
}
