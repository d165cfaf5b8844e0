package page

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// guard lets only the page itself in. A name that is not this machine's could be somebody else's, bound to
// this address to get around the browser's rule of one origin; an address cannot be, nor can localhost.
func guard(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !ownHost(r.Host) {
			const how = "open this page by its address, such as http://127.0.0.1, or as localhost"
			http.Error(rw, how, http.StatusForbidden)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/people/") && !sameOrigin(r) {
			http.Error(rw, "only the sandbox's own page may do this", http.StatusForbidden)
			return
		}
		head := rw.Header()
		head.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; "+
			"connect-src 'self'"+ownLine(r.Host)+"; "+
			"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cache-Control", "no-cache")
		h.ServeHTTP(rw, r)
	})
}

func ownHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	return net.ParseIP(host) != nil || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// ownLine names this host's websockets, which Safari before 15.4 does not count as 'self'.
func ownLine(hostport string) string {
	// A policy takes no IPv6.
	if host, port, err := net.SplitHostPort(hostport); err == nil && !strings.Contains(host, ":") {
		if _, err := strconv.ParseUint(port, 10, 16); err == nil {
			return " ws://" + hostport
		}
	}
	return ""
}

// sameOrigin trusts what a browser says about where a request comes from; a program that is no browser says nothing.
func sameOrigin(r *http.Request) bool {
	if !slices.Contains([]string{"", "same-origin", "none"}, r.Header.Get("Sec-Fetch-Site")) {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}
