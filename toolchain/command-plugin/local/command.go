// Package local holds the resource that runs a command on this machine: one when it is created, one when it changes, one when it goes.
package local

import (
	"context"
	"fmt"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Command is the resource type command:local:Command. It holds nothing: all it knows is in its inputs and state.
type Command struct{}

// Args are the inputs. A change of Triggers replaces the resource (create, then the old delete); a change of any other runs Update in place.
type Args struct {
	// Create runs once, when the resource is made; and on a change when there is no Update.
	Create *string `pulumi:"create,optional"`
	// Update runs when an input changed.
	Update *string `pulumi:"update,optional"`
	// Delete runs when the resource is removed or replaced.
	Delete *string `pulumi:"delete,optional"`
	// Triggers are values of any kind; a change replaces the resource.
	Triggers *[]any `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	// Stdin is what the command reads.
	Stdin *string `pulumi:"stdin,optional"`
	// Environment is added to the engine's own environment.
	Environment *map[string]string `pulumi:"environment,optional"`
	// Dir is the folder the command runs in; default: the engine's, which is the program's.
	Dir *string `pulumi:"dir,optional"`
	// Interpreter is the program, with its arguments, that is given the command; default: /bin/sh -c.
	Interpreter *[]string `pulumi:"interpreter,optional"`
	// Logging says which of the command's streams are shown while it runs; default: both.
	Logging *Logging `pulumi:"logging,optional"`
	// AddPreviousOutputInEnv gives update and delete what the command said before, as PULUMI_COMMAND_STDOUT and _STDERR; default: true.
	AddPreviousOutputInEnv *bool `pulumi:"addPreviousOutputInEnv,optional"`
}

// State is the inputs of the last run and what it said.
type State struct {
	Args
	// Stdout is what the command wrote, without its last line end.
	Stdout string `pulumi:"stdout"`
	// Stderr likewise.
	Stderr string `pulumi:"stderr"`
}

// Logging is a choice among the command's two streams.
type Logging string

// The four choices of the Node.js package's enum.
const (
	LogBoth   Logging = "stdoutAndStderr"
	LogStdout Logging = "stdout"
	LogStderr Logging = "stderr"
	LogNone   Logging = "none"
)

// Values lists the choices for the engine.
func (Logging) Values() []infer.EnumValue[Logging] {
	return []infer.EnumValue[Logging]{
		{Name: "stdoutAndStderr", Value: LogBoth, Description: "Show both"},
		{Name: "stdout", Value: LogStdout, Description: "Show stdout"},
		{Name: "stderr", Value: LogStderr, Description: "Show stderr"},
		{Name: "none", Value: LogNone, Description: "Show neither"},
	}
}

// Check refuses what this plugin cannot do, before anything runs.
func (Command) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[Args], error) {
	var failures []p.CheckFailure
	for _, name := range []string{"assetPaths", "archivePaths"} {
		if _, given := req.NewInputs.GetOk(name); given {
			failures = append(failures, p.CheckFailure{
				Property: name,
				Reason:   "not supported by the command plugin built from source; leave it out, or use the official one: SLUICE_ENGINE=official",
			})
			req.NewInputs = req.NewInputs.Delete(name)
		}
	}
	if logging := req.NewInputs.Get("logging"); logging.IsString() {
		if reason := checkLogging(Logging(logging.AsString())); reason != "" {
			failures = append(failures, p.CheckFailure{Property: "logging", Reason: reason})
		}
	}
	args, more, err := infer.DefaultCheck[Args](ctx, req.NewInputs)
	return infer.CheckResponse[Args]{Inputs: args, Failures: append(failures, more...)}, err
}

// checkLogging gives the words against a choice that does not exist, or none.
func checkLogging(got Logging) string {
	var allowed []string
	for _, choice := range got.Values() {
		if choice.Value == got {
			return ""
		}
		allowed = append(allowed, string(choice.Value))
	}
	return fmt.Sprintf("%q is not a way of logging; allowed: %s", got, strings.Join(allowed, ", "))
}

// Create runs the create command. In a preview nothing runs.
func (Command) Create(ctx context.Context, req infer.CreateRequest[Args]) (infer.CreateResponse[State], error) {
	state := State{Args: req.Inputs}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err != nil || req.DryRun || req.Inputs.Create == nil {
		return infer.CreateResponse[State]{ID: id, Output: state}, err
	}
	state, err = state.run(ctx, "create", *req.Inputs.Create)
	return infer.CreateResponse[State]{ID: id, Output: state}, err
}

// Update runs the update command, or the create command where there is none. In a preview nothing runs.
func (Command) Update(ctx context.Context, req infer.UpdateRequest[Args, State]) (infer.UpdateResponse[State], error) {
	state := State{Args: req.Inputs, Stdout: req.State.Stdout, Stderr: req.State.Stderr}
	step, command := "update", req.Inputs.Update
	if command == nil {
		step, command = "create", req.Inputs.Create
	}
	if req.DryRun || command == nil {
		return infer.UpdateResponse[State]{Output: state}, nil
	}
	state, err := state.run(ctx, step, *command)
	return infer.UpdateResponse[State]{Output: state}, err
}

// Delete runs the delete command, with the inputs the resource had.
func (Command) Delete(ctx context.Context, req infer.DeleteRequest[State]) (infer.DeleteResponse, error) {
	if req.State.Delete == nil {
		return infer.DeleteResponse{}, nil
	}
	_, err := req.State.run(ctx, "delete", *req.State.Delete)
	return infer.DeleteResponse{}, err
}

// run gives the state with what the command said; on a failure the state as it was, and the error for the user.
func (s State) run(ctx context.Context, step, command string) (State, error) {
	log := p.GetLogger(ctx)
	said, err := execute(ctx, s.job(command, log.Info))
	if err != nil {
		return s, fmt.Errorf("the %s command %w", step, err)
	}
	s.Stdout, s.Stderr = said.stdout, said.stderr
	return s, nil
}

// job is one run of a command under this state's inputs.
func (s State) job(command string, log func(line string)) job {
	j := job{argv: []string{"/bin/sh", "-c"}}
	if s.Interpreter != nil && len(*s.Interpreter) > 0 {
		j.argv = append([]string{}, *s.Interpreter...)
	}
	j.argv = append(j.argv, command)
	if s.Stdin != nil {
		j.stdin = *s.Stdin
	}
	if s.Dir != nil {
		j.dir = *s.Dir
	}
	if s.Environment != nil {
		for name, value := range *s.Environment {
			j.env = append(j.env, name+"="+value)
		}
	}
	if s.AddPreviousOutputInEnv == nil || *s.AddPreviousOutputInEnv {
		if s.Stdout != "" {
			j.env = append(j.env, "PULUMI_COMMAND_STDOUT="+s.Stdout)
		}
		if s.Stderr != "" {
			j.env = append(j.env, "PULUMI_COMMAND_STDERR="+s.Stderr)
		}
	}
	logging := LogBoth
	if s.Logging != nil {
		logging = *s.Logging
	}
	if logging == LogBoth || logging == LogStdout {
		j.logStdout = log
	}
	if logging == LogBoth || logging == LogStderr {
		j.logStderr = log
	}
	return j
}
