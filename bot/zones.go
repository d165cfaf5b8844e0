package bot

import (
	"sync"
	"time"

	"stepin/nudges/daily"
)

// newZones remembers the zones that were loaded: a tick asks for the same few again and again.
func newZones() daily.Zones {
	var known sync.Map // *time.Location by name
	return func(name string) (*time.Location, error) {
		if z, ok := known.Load(name); ok {
			return z.(*time.Location), nil
		}
		z, err := time.LoadLocation(name)
		if err == nil {
			known.Store(name, z)
		}
		return z, err
	}
}
