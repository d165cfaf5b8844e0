// Command slackgo is a pause in the least that slack-go needs, and in memory. BenchmarkPeers measures stepin against it.
// VIEWS is a folder with the windows: call.json and closing.json.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"sync"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

type bot struct {
	api           *slack.Client
	socket        *socketmode.Client
	call, closing slack.ModalViewRequest

	mu    sync.Mutex
	calls map[string]string // what each person typed
}

func main() {
	api := slack.New(os.Getenv("SLACK_BOT_TOKEN"), slack.OptionAppLevelToken(os.Getenv("SLACK_APP_TOKEN")),
		slack.OptionAPIURL(os.Getenv("SLACK_API_URL")))
	b := bot{api: api, socket: socketmode.New(api), calls: map[string]string{}}
	window("call", &b.call)
	window("closing", &b.closing)
	go func() {
		for e := range b.socket.Events {
			go b.handle(e)
		}
	}()
	log.Fatal(b.socket.Run())
}

func window(name string, v *slack.ModalViewRequest) {
	text, err := os.ReadFile(filepath.Join(os.Getenv("VIEWS"), name+".json"))
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func (b *bot) handle(e socketmode.Event) {
	var err error
	switch data := e.Data.(type) {
	case slack.SlashCommand:
		b.keep(data.UserID, data.Text)
		b.ack(e)
		_, err = b.api.OpenView(data.TriggerID, b.call)
	case slack.InteractionCallback:
		b.ack(e)
		switch data.Type {
		case slack.InteractionTypeBlockActions:
			_, err = b.api.UpdateView(b.closing, "", "", data.View.ID)
		case slack.InteractionTypeViewSubmission:
			text := "Saved: " + b.kept(data.User.ID)
			_, _, err = b.api.PostMessage(data.User.ID, slack.MsgOptionText(text, true))
		}
	}
	if err != nil {
		log.Print(err)
	}
}

func (b *bot) ack(e socketmode.Event) {
	if err := b.socket.AckCtx(context.Background(), e.Request.EnvelopeID, nil); err != nil {
		log.Print(err)
	}
}

func (b *bot) keep(user, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls[user] = text
}

func (b *bot) kept(user string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls[user]
}
