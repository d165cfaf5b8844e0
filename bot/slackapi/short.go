package slackapi

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/slack-go/slack"
)

// Short returns an error for the log: what has failed, in plain words. It leaves out addresses, tokens and whatever is
// quoted: the address of a socket holds a ticket, a response URL is one, and a quotation could be of a person's words.
func Short(err error) string {
	if err == nil {
		return ""
	}
	if code := Code(err); code != "" {
		return code
	}
	if rl, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return "rate limited for " + rl.RetryAfter.String()
	}
	if st, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return st.Status
	}
	if s, ok := errors.AsType[*Setup](err); ok {
		return s.What
	}
	if p, ok := errors.AsType[*proxyRefusal](err); ok {
		return p.Error()
	}
	where, err := inner(err)
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return where + dns.Err
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return where + "timeout"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return where + "the connection was closed"
	}
	return where + strings.Join(strings.Fields(secret.ReplaceAllString(err.Error(), "…")), " ")
}

// inner takes off what the standard library wraps around an error to name an address. where says what was being done.
func inner(err error) (where string, _ error) {
	for {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
			continue
		}
		op, ok := errors.AsType[*net.OpError](err)
		if !ok {
			break
		}
		switch err = op.Err; op.Op {
		case "dial":
		case viaProxy:
			where = "the proxy: "
		default:
			where += op.Op + ": "
		}
	}
	if sys, ok := errors.AsType[*os.SyscallError](err); ok {
		err = sys.Err
	}
	return where, err
}

// secret finds quotations, addresses and tokens.
var secret = regexp.MustCompile(`"(?:[^"\\]|\\.)*"?|\S*://\S*|\bx(?:ox[a-z.]+|app)-\S*`)
