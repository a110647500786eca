package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// stint is what one program did under load for a while.
type stint struct {
	perSecond float64 // answers
	p99       float64 // seconds until an answer
	cost      float64 // seconds of processor time an answer, of the program alone
}

// load is what a program is asked, again and again.
type load struct {
	busy   int  // connections
	body   int  // bytes of what is posted; 0 = it is GET
	varied bool // no two requests have the same query
}

// stints are those of each rival, round by round.
type stints map[string][]stint

// turn puts the same load on each in turn, for d at a time, and adds what they did. Who begins changes by round.
func (all rivals) turn(ctx context.Context, round int, seen stints, l load, d time.Duration) error {
	for i := range all {
		r := all[(i+round)%len(all)]
		one, err := r.bear(ctx, l, d)
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

// loadScript has wrk make requests, and say what came of them.
const loadScript = `
local length, made = BODY, 0
if length > 0 then
  wrk.method, wrk.body = "POST", string.rep("x", length)
end
local function another()
  made = made + 1
  return wrk.format(nil, wrk.path .. "?query=" .. made)
end
request = VARIED and another or nil
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("\nresult %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(99),
    e.connect + e.read + e.write + e.timeout + e.status))
end`

// bear has wrk put a load on it for a while, in whole seconds.
func (r *rival) bear(ctx context.Context, l load, d time.Duration) (stint, error) {
	script, err := os.CreateTemp("", "ostiary-bench-*.lua")
	if err != nil {
		return stint{}, err
	}
	defer os.Remove(script.Name())
	_, err = strings.NewReplacer("BODY", strconv.Itoa(l.body), "VARIED", strconv.FormatBool(l.varied)).
		WriteString(script, loadScript)
	if err := errors.Join(err, script.Close()); err != nil {
		return stint{}, err
	}
	to := "/file"
	if l.body > 0 {
		to = "/take"
	}
	program, err := find("wrk", "wrk")
	if err != nil {
		return stint{}, err
	}
	used, err := r.used()
	if err != nil {
		return stint{}, err
	}
	wrk := exec.CommandContext(ctx, program, "--threads", "1", "--header", r.header, //nolint:gosec // G204: it measures
		"--connections", strconv.Itoa(l.busy), "--duration", strconv.Itoa(int(d.Seconds())),
		"--script", script.Name(), "http://"+r.addr+r.path+to)
	out, err := wrk.Output()
	if err != nil {
		return stint{}, err
	}
	until, err := r.used()
	if err != nil {
		return stint{}, err
	}
	return readStint(string(out), until-used)
}

// readStint reads what wrk's script has written.
func readStint(out string, used float64) (stint, error) {
	_, result, _ := strings.Cut(out, "\nresult ")
	var n, took, p99, failed float64 // in microseconds
	if _, err := fmt.Sscan(result, &n, &took, &p99, &failed); err != nil {
		return stint{}, fmt.Errorf("wrk wrote what is not read: %w: %s", err, out)
	}
	if n == 0 || failed > 0 {
		return stint{}, fmt.Errorf("%.0f of %.0f requests failed", failed, n)
	}
	return stint{perSecond: n / took * 1e6, p99: p99 / 1e6, cost: used / n}, nil
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
