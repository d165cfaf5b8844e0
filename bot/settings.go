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

// settings are those that apply now. A caller that needs two of them calls it once.
func (b *Bot) settings() *roster.Current { return b.current.Load() }

// rules decide by the settings that apply now.
func (b *Bot) rules() decide.Rules { return decide.Rules{Current: b.settings(), Zones: b.zones} }

// apply makes these the settings that apply.
func (b *Bot) apply(l roster.Settings, g *people.Group) {
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

// Reload replaces the settings that apply, as a whole or not at all: the error says why not. It first asks who is in
// the user group. It may be called once Ready is closed. After it, names in the teams that stand for nobody are looked
// for until ctx ends.
func (b *Bot) Reload(ctx context.Context, l roster.Settings) error {
	if l.Words == nil {
		return errors.New("bot: words are required")
	}
	g, err := b.group.SwitchTo(ctx, l.Allowed.Group)
	if err != nil {
		return err
	}
	b.apply(l, g)
	if g == nil {
		b.watch.health.End(health.GroupUnknown)
	}
	b.tasks.run(func() { b.tellOutsiders(ctx) })
	b.answers.RedrawAll() // for settings show there
	return nil
}

// tellOutsiders warns of people whom the settings name and who are no full members.
func (b *Bot) tellOutsiders(ctx context.Context) {
	check.TellAdmins(ctx, b.jobs.People, b.settings().Admins, b.cfg.Log)
	group, in := b.group.Members()
	check.TellGroup(ctx, b.jobs.People, group, in, b.cfg.Log)
	check.TellTeams(ctx, b.jobs.People, b.settings().Teams, b.cfg.Log)
}
