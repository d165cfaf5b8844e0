package bot

import (
	"fmt"
	"time"
)

// metadataType marks our messages. No dot in it: Slack would drop the metadata without a
// word (SLACK section 8).
const metadataType = "stepin_message"

// slackTS is a moment as Slack writes it.
func slackTS(t time.Time) string { return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000) }
