package bot

import (
	"context"
	"errors"

	"stepin/bot/check"
	"stepin/bot/decide"
	"stepin/bot/health"
	"stepin/bot/people"
	"stepin/bot/roster"
	"stepin/nudges/privacy"
)

// live is what holds now. Whoever needs two things of it that belong together asks once.
func (b *Bot) live() *roster.Current { return b.current.Load() }

// rules decide by the settings that hold now.
func (b *Bot) rules() decide.Rules { return decide.Rules{Current: b.live(), Zones: b.zones} }

// force makes what holds from now on.
func (b *Bot) force(l roster.Settings, g *people.Group) {
	if l.AwayEmoji == nil {
		l.AwayEmoji = roster.DefaultAway
	}
	if l.Keep.Text <= 0 {
		l.Keep.Text = privacy.KeepUsual.Text
	}
	if l.Keep.Counts <= 0 {
		l.Keep.Counts = privacy.KeepUsual.Counts
	}
	b.group.Use(g)
	b.current.Store(&roster.Current{Settings: l, Mantras: l.Words.Mantras(), InGroup: g.InGroup()})
}

// Reload puts other settings in the place of those that hold, as a whole or not at all: the error
// says what keeps them from holding. Those of a group are asked for first. It may be called once
// Ready is closed. What the teams name in vain is looked for after it, until ctx ends.
func (b *Bot) Reload(ctx context.Context, l roster.Settings) error {
	if l.Words == nil {
		return errors.New("bot: words are required")
	}
	g, err := b.group.SwitchTo(ctx, l.Allowed.Group)
	if err != nil {
		return err
	}
	b.force(l, g)
	if g == nil {
		b.watch.health.End(health.GroupUnknown)
	}
	b.tasks.run(func() { check.TellTeams(ctx, b.jobs.People, l.Teams, b.cfg.Log) })
	b.answers.RedrawAll() // for settings show there
	return nil
}
