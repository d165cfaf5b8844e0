package zones

import (
	"testing"

	"stepin/nudges"
)

// The hours of a locale are those of its region. What names no region says nothing.
func TestHours(t *testing.T) {
	for want, locales := range map[nudges.HourCycle][]string{
		nudges.Hours12: {
			"en-US", "en-CA", "en-AU", "en-NZ", "en-IN", "hi-IN", "ko-KR", "es-LA", "es-419", "es-MX", "es-CO", "zh-TW",
			"zh-Hant-TW", "ar-EG",
		},
		nudges.Hours24: {
			"en-GB", "en-IE", "en-ZA", "de-DE", "fr-FR", "fr-CA", "es-ES", "it-IT", "ja-JP", "pt-BR", "pt-PT", "ru-RU",
			"tr-TR", "zh-CN", "pl-PL", "nl-NL", "sv-SE", "lo-LA", "he-IL",
		},
		"": {"", "en", "zh-Hant", "-", "en-", "en US", "x-private-use", "<!channel>"},
	} {
		for _, locale := range locales {
			if got := Hours(locale); got != want {
				t.Errorf("%q has hours %q, not %q", locale, got, want)
			}
		}
	}
}
