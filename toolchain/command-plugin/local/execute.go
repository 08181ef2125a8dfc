package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// grace is how long a command may clean up after SIGTERM, before SIGKILL.
const grace = 5 * time.Second

// tailLines is how much of a failed command's last words goes into the error.
const tailLines = 20

// job is one command to run. A nil log means that the stream is not shown.
type job struct {
	argv                 []string
	env                  []string // added to this process's own
	dir, stdin           string
	logStdout, logStderr func(line string)
}

// said is what a command wrote, each without its last line end.
type said struct{ stdout, stderr string }

// execute runs the job to its end. When ctx ends first, the command and all it started get SIGTERM, and SIGKILL after the grace.
//
// The error names the exit code and the command's last words. It never holds the command's text, environment or stdin: they may be secret.
func execute(ctx context.Context, j job) (said, error) {
	if j.dir != "" {
		if info, err := os.Stat(j.dir); err != nil || !info.IsDir() {
			return said{}, fmt.Errorf("did not start: `dir` is %q, which is no folder", j.dir)
		}
	}
	stdout, stderr := &stream{log: j.logStdout}, &stream{log: j.logStderr}
	cmd := exec.Command(j.argv[0], j.argv[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = j.dir, append(os.Environ(), j.env...), stdout, stderr
	if j.stdin != "" {
		cmd.Stdin = strings.NewReader(j.stdin)
	}
	// Its own process group, so that a cancel reaches what the shell started, too.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := ctx.Err(); err != nil {
		return said{}, fmt.Errorf("did not start: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return said{}, fmt.Errorf("did not start: %w", err)
	}

	group := running.add(cmd.Process.Pid)
	defer running.remove(group)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()

	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		group.stop(grace)
		select { // a process that left the group may hold the streams open for ever
		case <-ended:
		case <-time.After(time.Second):
		}
		return said{}, fmt.Errorf("was stopped: %w", context.Cause(ctx))
	}
	stdout.flush()
	stderr.flush()
	if err != nil {
		return said{}, failure(err, stdout, stderr)
	}
	return said{stdout: stdout.text(), stderr: stderr.text()}, nil
}

// failure puts a command's end into words.
func failure(err error, stdout, stderr *stream) error {
	words := "failed: " + err.Error()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			words = fmt.Sprintf("was ended by signal %d (%s)", status.Signal(), status.Signal())
		} else {
			words = fmt.Sprintf("failed with exit code %d", exit.ExitCode())
		}
	}
	last := tail(stderr.text(), tailLines)
	if last == "" && stdout.log != nil { // some tools complain on stdout; one that is not to be shown stays unseen
		last = tail(stdout.text(), tailLines)
	}
	if last == "" {
		return errors.New(words + " and said nothing")
	}
	return fmt.Errorf("%s:\n%s", words, last)
}

// tail gives the last n lines of a text.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// stream keeps all that is written and shows whole lines as they come.
type stream struct {
	all, line bytes.Buffer
	log       func(line string)
}

func (s *stream) Write(bytes []byte) (int, error) {
	s.all.Write(bytes)
	if s.log == nil {
		return len(bytes), nil
	}
	s.line.Write(bytes)
	for {
		end := strings.IndexByte(s.line.String(), '\n')
		if end < 0 {
			return len(bytes), nil
		}
		s.log(strings.TrimSuffix(string(s.line.Next(end+1)), "\n"))
	}
}

// flush shows a last line that had no end.
func (s *stream) flush() {
	if s.log != nil && s.line.Len() > 0 {
		s.log(s.line.String())
		s.line.Reset()
	}
}

func (s *stream) text() string { return strings.TrimSuffix(s.all.String(), "\n") }

// group is a running command and everything it started.
type group struct{ pid int }

// stop asks the whole group to end, and ends it after the grace. It returns when no process of it is left.
func (g *group) stop(grace time.Duration) {
	deadline := time.Now().Add(grace)
	for alive := g.signal(syscall.SIGTERM); alive; alive = g.signal(0) {
		if time.Now().After(deadline) {
			g.signal(syscall.SIGKILL)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// signal says whether there was a process to get it.
func (g *group) signal(signal syscall.Signal) bool {
	return syscall.Kill(-g.pid, signal) == nil
}

// groups are the commands now running, so that a plugin whose engine died can take them along.
type groups struct {
	mutex sync.Mutex
	all   map[*group]bool
}

var running = groups{all: map[*group]bool{}}

func (g *groups) add(pid int) *group {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	added := &group{pid}
	g.all[added] = true
	return added
}

func (g *groups) remove(done *group) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	delete(g.all, done)
}

// StopAll stops every command that is running, as a cancel would, and waits for their end.
func StopAll() {
	running.mutex.Lock()
	var all sync.WaitGroup
	for one := range running.all {
		all.Go(func() { one.stop(grace) })
	}
	running.mutex.Unlock()
	all.Wait()
}
