package slackapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"reflect"
	"strings"
	"sync"
)

// maxAnswer is more than any answer has: a page of 200 messages of 12 KB is 2.4 MB.
const maxAnswer = 4 << 20

var errLarge = errors.New("the answer is larger than 4 MB")

// answers reads each answer before slack-go does, up to maxAnswer. Of a method in needed it hands on what stepin
// needs, and nothing else: slack-go decodes whole answers, and one odd field that nobody reads costs the answer. It
// also decodes views and messages that are thrown away.
type answers struct {
	next    http.RoundTripper
	buffers *sync.Pool // of *bytes.Buffer
}

// RoundTrip fails with an OddAnswer if a field is odd without which the answer means nothing.
func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := a.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	buf := a.buffers.Get().(*bytes.Buffer)
	defer a.buffers.Put(buf)
	buf.Reset()
	_, err = buf.ReadFrom(io.LimitReader(res.Body, maxAnswer+1))
	_ = res.Body.Close()
	if err == nil && buf.Len() > maxAnswer {
		err = errLarge
	}
	if err != nil {
		return nil, err
	}
	var body []byte
	method := path.Base(r.URL.Path)
	if shape := needed[method]; shape != nil && res.StatusCode == http.StatusOK {
		body, err = prune(method, shape, buf.Bytes())
	} else {
		body = bytes.Clone(buf.Bytes())
	}
	if err != nil {
		return nil, err
	}
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return res, nil
}

// prune returns what an answer has of a shape. What is no object of JSON stays as it is: slack-go's error says so.
func prune(method string, shape reflect.Type, body []byte) ([]byte, error) {
	full := reflect.New(shape)
	if err := json.Unmarshal(body, full.Interface()); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
			return nil, &OddAnswer{method, strings.TrimPrefix(wrong.Field, "status."), wrong}
		}
		return bytes.Clone(body), nil
	}
	return json.Marshal(full.Interface())
}

// An OddAnswer is an answer with a field of another kind than documented, without which it means nothing. Whether
// Slack has done what was asked is not known.
type OddAnswer struct {
	Method, Field string
	err           error
}

func (o *OddAnswer) Error() string { return "odd answer of " + o.Method + ", field " + o.Field }
func (o *OddAnswer) Unwrap() error { return o.err }

// needed has the shape of each answer, with Slack's names. A field that callers read must be in its shape.
var needed = map[string]reflect.Type{
	AuthTest:                reflect.TypeFor[identityAnswer](),
	"users.info":            reflect.TypeFor[userAnswer](),
	"usergroups.users.list": reflect.TypeFor[groupAnswer](),
	"conversations.info":    reflect.TypeFor[channelAnswer](),
	"conversations.open":    reflect.TypeFor[channelAnswer](),
	"conversations.history": reflect.TypeFor[messagesAnswer](),
	"conversations.replies": reflect.TypeFor[messagesAnswer](),
	post:                    reflect.TypeFor[postAnswer](),
	"chat.update":           reflect.TypeFor[postAnswer](),
	"views.open":            reflect.TypeFor[status](),
	"views.update":          reflect.TypeFor[status](),
	"views.push":            reflect.TypeFor[status](),
	"views.publish":         reflect.TypeFor[status](),
	GetsUpload:              reflect.TypeFor[uploadAnswer](),
	SharesFile:              reflect.TypeFor[filesAnswer](),
	DeletesFile:             reflect.TypeFor[status](),
	OpenSocket:              reflect.TypeFor[socketAnswer](),
}

// status is in every answer.
type status struct {
	OK       flag              `json:"ok"`
	Error    string            `json:"error,omitempty"`
	Needed   spare             `json:"needed,omitempty"`
	Provided spare             `json:"provided,omitempty"`
	More     lax[moreOfAnswer] `json:"response_metadata"`
}

type moreOfAnswer struct {
	Messages []string `json:"messages,omitempty"` // why an argument is refused
}

type identityAnswer struct {
	status
	URL        spare  `json:"url"`
	TeamName   spare  `json:"team"`
	Team       must   `json:"team_id"`
	User       must   `json:"user_id"`
	Bot        spare  `json:"bot_id"`
	Enterprise string `json:"enterprise_id,omitempty"`
	OrgInstall flag   `json:"is_enterprise_install"`
}

// userAnswer has every flag by which somebody is not served as needed: if one is odd, nobody knows who that is.
type userAnswer struct {
	status
	User struct {
		ID              must            `json:"id"`
		Team            must            `json:"team_id"`
		Name            spare           `json:"name"`
		RealName        spare           `json:"real_name"`
		Zone            spare           `json:"tz"`
		ZoneOffset      offset          `json:"tz_offset"`
		Locale          spare           `json:"locale"`
		Deleted         flag            `json:"deleted"`
		Bot             flag            `json:"is_bot"`
		WorkflowBot     flag            `json:"is_workflow_bot"`
		ConnectorBot    flag            `json:"is_connector_bot"`
		Restricted      flag            `json:"is_restricted"`
		UltraRestricted flag            `json:"is_ultra_restricted"`
		Stranger        flag            `json:"is_stranger"`
		Enterprise      lax[enterprise] `json:"enterprise_user"`
		Profile         lax[profile]    `json:"profile"`
	} `json:"user"`
}

type enterprise struct {
	ID    string   `json:"id"`
	Org   string   `json:"enterprise_id"`
	Teams []string `json:"teams"`
}

type profile struct {
	RealName     spare  `json:"real_name"`
	DisplayName  spare  `json:"display_name"`
	StatusEmoji  spare  `json:"status_emoji"`
	StatusExpiry number `json:"status_expiration"`
	Team         spare  `json:"team"`
}

type groupAnswer struct {
	status
	Users []must `json:"users"`
}

type channelAnswer struct {
	status
	Channel *struct { // nil in a refusal
		ID               must  `json:"id"`
		Name             spare `json:"name"`
		IM               flag  `json:"is_im"`
		GroupDM          flag  `json:"is_mpim"`
		ExtShared        flag  `json:"is_ext_shared"`
		PendingExtShared flag  `json:"is_pending_ext_shared"`
		Archived         flag  `json:"is_archived"`
		Member           flag  `json:"is_member"`
		Private          flag  `json:"is_private"`
	} `json:"channel,omitempty"`
}

// messagesAnswer has no text: only whether a message is there. An odd message of somebody else's hides none of ours.
type messagesAnswer struct {
	status
	Messages []lax[message] `json:"messages"`
	HasMore  flag           `json:"has_more"`
	More     struct {
		Cursor string `json:"next_cursor"`
	} `json:"response_metadata"`
}

type message struct {
	TS       must          `json:"ts"`
	Metadata lax[metadata] `json:"metadata"`
}

type metadata struct {
	Type    string `json:"event_type"`
	Payload struct {
		Mark string `json:"mark"`
	} `json:"event_payload"`
}

type postAnswer struct {
	status
	Channel must `json:"channel"`
	TS      must `json:"ts"`
}

type uploadAnswer struct {
	status
	URL  must `json:"upload_url"`
	File must `json:"file_id"`
}

type filesAnswer struct {
	status
	Files []struct {
		ID must `json:"id"`
	} `json:"files"`
}

type socketAnswer struct {
	status
	URL must `json:"url"`
}
