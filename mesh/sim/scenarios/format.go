package scenarios

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/banyan-rooms/banyan/mesh/sim"
)

// Format writes a scenario as [Parse] reads it. What is the simulator's default is left out.
// Invariants of one's own have no words.
func Format(s Scenario) ([]byte, error) {
	about, err := yaml.Marshal(map[string]string{"about": s.About})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Write(about)
	line := func(word, value string) { fmt.Fprintf(&b, "%s: %s\n", word, value) }
	if s.Seed != firstSeed {
		line("seed", strconv.FormatUint(s.Seed, 10))
	}
	line("seeds", strconv.Itoa(s.Seeds))
	if s.Calm > 0 {
		line("calm", shortly(s.Calm))
	}
	line("duration", shortly(s.Duration))
	line("world", "{"+strings.Join(worldWords(s.World), ", ")+"}")
	for i, f := range s.World.Faults {
		if i == 0 {
			b.WriteString("faults:\n")
		}
		fmt.Fprintf(&b, "  - {%s}\n", strings.Join(faultWords(f), ", "))
	}
	for i, t := range s.Targets {
		if i == 0 {
			b.WriteString("targets:\n")
		}
		limit, value := "at-most", t.AtMost
		if value == nil {
			limit, value = "at-least", t.AtLeast
		}
		fmt.Fprintf(&b, "  - {name: %q, measure: %q, %s: %v}\n", t.Name, t.Measure, limit, *value)
	}
	return b.Bytes(), nil
}

// words are what stands between the braces of a YAML object.
type words []string

func (w *words) add(word, value string) { *w = append(*w, word+": "+value) }

// number adds a number that is not its default, 0.
func (w *words) number(word string, n int) {
	if n != 0 {
		w.add(word, strconv.Itoa(n))
	}
}

// duration adds a duration that is not its default, 0.
func (w *words) duration(word string, d time.Duration) {
	if d != 0 {
		w.add(word, shortly(d))
	}
}

// share adds a share that is not its default, 0; below 0 stands for none.
func (w *words) share(word string, v float64) {
	if v != 0 {
		w.add(word, percent(max(0, v)))
	}
}

func worldWords(c sim.Config) []string {
	var w words
	w.number("peers", c.Peers)
	if c.Community != 0 {
		w.add("community", strconv.Itoa(max(0, c.Community)))
	}
	w.share("relays", c.Relays)
	w.number("children", c.MaxChildren)
	w.number("community-children", c.CommunityChildren)
	w.number("trees", c.Trees)
	w.number("speakers", c.Speakers)
	if c.Speech != sim.Turns {
		w.add("speech", nameOf(speeches, c.Speech))
	}
	w.duration("slack", c.Slack)
	if len(c.Uplinks) > 0 {
		classes := make([]string, len(c.Uplinks))
		for i, u := range c.Uplinks {
			classes[i] = fmt.Sprintf("{share: %s, kbps: %d}", percent(u.Share), u.Kbps)
		}
		w.add("uplinks", "["+strings.Join(classes, ", ")+"]")
	}
	if c.Geography.Name != "" && c.Geography.Name != sim.Continent().Name {
		w.add("geography", c.Geography.Name)
	}
	w.share("loss", c.Loss.Rate)
	if c.Loss.Burst != 0 {
		w.add("loss-burst", strconv.FormatFloat(c.Loss.Burst, 'g', -1, 64))
	}
	w.duration("arrivals", c.Arrivals)
	w.share("churn", c.Churn.Rate)
	w.share("graceful", c.Churn.Graceful)
	return w
}

func faultWords(f sim.Fault) []string {
	var w words
	w.add("at", shortly(f.At))
	w.add("what", nameOf(kinds, f.Kind))
	w.share("share", f.Share)
	w.number("peers", f.Peers)
	w.duration("for", f.For)
	return w
}

// nameOf is the shortest word for a value, but none that is empty.
func nameOf[T comparable](of map[string]T, value T) string {
	name := ""
	for word, v := range of {
		if v == value && word != "" && (name == "" || word < name) {
			name = word
		}
	}
	return name
}

// percent writes a share so that it is read again as the very same.
func percent(v float64) string {
	text := strconv.FormatFloat(v*100, 'f', 0, 64)
	if n, err := strconv.ParseFloat(text, 64); err == nil && n/100 == v {
		return text + "%"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// shortly writes a duration without the zeros that [time.Duration.String] ends with.
func shortly(d time.Duration) string {
	text := d.String()
	if d >= time.Minute && strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text
}
