package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// stint is what one program did under load for a while.
type stint struct {
	perSecond float64 // answers
	p99       float64 // seconds until an answer
	cost      float64 // seconds of processor time an answer, of the program alone
}

// stints are those of each rival, round by round.
type stints map[string][]stint

// turn puts the same load on each in turn, for d at a time, and adds what they did. Who begins changes by round.
func (all rivals) turn(round int, seen stints, body, connections int, d time.Duration) error {
	for i := range all {
		r := all[(i+round)%len(all)]
		one, err := r.load(body, connections, d)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		seen[r.name] = append(seen[r.name], one)
	}
	return nil
}

// beside is the row of the gate beside a rival. With most, its 99th percentile may be as many times the rival's.
func (s stints) beside(rival, called, load string, least, most float64) row {
	ratio := s.ratio("gate", rival, func(one stint) float64 { return one.perSecond })
	late := s.ratio("gate", rival, func(one stint) float64 { return one.p99 })
	out := row{
		figure: "proxied, " + load, measured: s.say("gate"), yardstick: called + ": " + s.say(rival),
		ratio: fmt.Sprintf("%.2f; p99 %.2f", ratio, late), reach: fmt.Sprintf("≥ %g", least), ok: ratio >= least,
	}
	if most > 0 {
		out.reach += fmt.Sprintf("; p99 ≤ %g", most)
		out.ok = out.ok && late <= most
	}
	return out
}

// ratio is the median of the ratios of two rivals in the same round.
func (s stints) ratio(one, other string, figure func(stint) float64) float64 {
	var all []float64
	for i, stint := range s[one] {
		all = append(all, figure(stint)/figure(s[other][i]))
	}
	return quantile(all, 0.5)
}

func (s stints) say(name string) string {
	var perSecond, p99, cost []float64
	for _, one := range s[name] {
		perSecond, p99, cost = append(perSecond, one.perSecond), append(p99, one.p99), append(cost, one.cost)
	}
	return fmt.Sprintf("%s, p99 %s, %s of processor", rps(quantile(perSecond, 0.5)), ms(quantile(p99, 0.5)),
		us(quantile(cost, 0.5)))
}

// load keeps some connections busy for a while.
func (r *rival) load(body, connections int, d time.Duration) (stint, error) {
	text := fmt.Appendf(nil, "GET %s/file HTTP/1.1\r\nHost: bench\r\n%s\r\n\r\n", r.path, r.header)
	want := http.StatusOK
	if body > 0 {
		text = fmt.Appendf(nil, "POST %s/take HTTP/1.1\r\nHost: bench\r\n%s\r\nContent-Length: %d\r\n\r\n", r.path,
			r.header, body)
		text, want = append(text, bytes.Repeat([]byte{'x'}, body)...), http.StatusNoContent
	}
	used, err := r.used()
	if err != nil {
		return stint{}, err
	}
	var mu sync.Mutex
	var busy sync.WaitGroup
	var all []float64
	began := time.Now()
	for range connections {
		busy.Go(func() {
			w := dial(r.addr)
			defer w.conn.Close()
			var times []float64
			for last := time.Now(); last.Sub(began) < d; {
				if status := w.exchange(text); status != want {
					panic(fmt.Sprintf("%s answers with %d", r.name, status))
				}
				now := time.Now()
				times, last = append(times, now.Sub(last).Seconds()), now
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, times...)
		})
	}
	busy.Wait()
	took := time.Since(began).Seconds()
	until, err := r.used()
	n := float64(len(all))
	return stint{perSecond: n / took, p99: quantile(all, 0.99), cost: (until - used) / n}, err
}

// used returns the processor time of the rival's processes, in seconds.
func (r *rival) used() (seconds float64, err error) {
	pids, err := r.pids()
	if err != nil {
		return 0, err
	}
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, err
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		for _, field := range fields[11:13] { // in user and in system mode, in hundredths
			n, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return 0, err
			}
			seconds += n / 100
		}
	}
	return seconds, nil
}

// family returns the process ids of a program and of its workers.
func family(cmd *exec.Cmd) func() ([]int, error) {
	return func() ([]int, error) {
		pid := cmd.Process.Pid
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
		if err != nil {
			return nil, err
		}
		pids := []int{pid}
		for field := range strings.FieldsSeq(string(children)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				return nil, err
			}
			pids = append(pids, child)
		}
		return pids, nil
	}
}
