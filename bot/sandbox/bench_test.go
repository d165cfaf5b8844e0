package sandbox_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"

	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/world"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// BenchmarkCommand is /stepin to an open modal and its closing, many people at once: what the workspace itself costs.
func BenchmarkCommand(b *testing.B) {
	for _, people := range []int{1, 50, 1000} {
		b.Run(fmt.Sprint(people, " people"), func(b *testing.B) {
			seed := world.DefaultSeed()
			for i := range people {
				seed.People = append(seed.People, world.Person{ID: fmt.Sprintf("U0LOAD%04d", i), Name: fmt.Sprint("Load ", i), Zone: "Europe/Berlin"})
			}
			w, err := hands.New(sandbox.Config{Manifest: []byte(testManifest), Seed: seed, NoLimits: true})
			if err != nil {
				b.Fatal(err)
			}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			var all sync.WaitGroup
			all.Go(func() { _ = w.Serve(ctx, l) })
			api := slack.New(w.BotToken(), slack.OptionAPIURL("http://"+l.Addr().String()+"/api/"), slack.OptionAppLevelToken(w.AppToken()))
			c := socketmode.New(api)
			all.Go(func() { _ = c.RunContext(ctx) })
			view := slack.ModalViewRequest{
				Type: slack.VTModal, Title: slack.NewTextBlockObject("plain_text", "Pause", false, false),
				Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewDividerBlock()}},
			}
			ready := make(chan struct{})
			all.Go(func() {
				for {
					select {
					case <-ctx.Done():
						return
					case e := <-c.Events:
						switch e.Type {
						case socketmode.EventTypeHello:
							close(ready)
						case socketmode.EventTypeSlashCommand:
							go func() {
								_ = c.AckCtx(ctx, e.Request.EnvelopeID, nil)
								if _, err := api.OpenViewContext(ctx, e.Data.(slack.SlashCommand).TriggerID, view); err != nil && ctx.Err() == nil {
									b.Error(err)
								}
							}()
						}
					}
				}
			})
			<-ready
			b.ReportAllocs()
			b.ResetTimer()
			var turn sync.WaitGroup
			for p := range people {
				turn.Go(func() {
					user := fmt.Sprintf("U0LOAD%04d", p)
					for i := p; i < b.N; i += people {
						changed, stop := w.Watch()
						if err := w.Command(ctx, user, deals, "/stepin x"); err != nil {
							b.Error(err)
						}
						for len(w.Modals(user)) == 0 {
							<-changed
						}
						stop()
						_ = w.Dismiss(ctx, user, w.Modals(user)[0].ID)
					}
				})
			}
			turn.Wait()
			b.StopTimer()
			cancel()
			_ = w.Close()
			all.Wait()
		})
	}
}
