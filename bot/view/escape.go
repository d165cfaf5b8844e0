package view

import (
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackutilsx"

	"stepin/bot/form"
	"stepin/nudges/text"
)

// This file is the only one that turns our texts into Slack's text objects, so
// it is the only place where people's words are escaped.

// mrkdwn is a text with markup of ours; what people wrote in it is escaped, and
// verbatim keeps Slack from parsing names and links out of it (docs.slack.dev/messaging/formatting-message-text).
func mrkdwn(m text.Text) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, m.Escape(slackutilsx.EscapeMessage), false, true)
}

// plain is a text without markup.
func plain(m text.Text) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, m.Plain(), false, false)
}

// fallback is the text of a notification and for screen readers; Slack parses it as mrkdwn.
func fallback(m text.Text) string { return m.Escape(slackutilsx.EscapeMessage) }

// cut shortens s to n characters, the last of them an ellipsis. It never leaves an
// empty string, which Slack refuses, nor half of what was escaped.
func cut(s string, n int) string {
	if s == "" {
		return "–"
	}
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	s = string([]rune(s)[:n-1])
	if i := strings.LastIndexByte(s, '&'); i >= 0 && len(s)-i < len("&amp;") && !strings.Contains(s[i:], ";") {
		s = s[:i]
	}
	return s + "…"
}

// address is a web address that can be followed. It shows itself, so that nobody is led elsewhere; it is
// one of form.ReadLink, which lets nothing through that could end it.
func address(link string) text.Text {
	if ok, err := form.ReadLink(link); err != nil || ok == "" {
		return text.Quoted(link)
	}
	return "<" + text.Quoted(link) + ">"
}
