package local_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice.dev/toolchain/command-plugin/local"
)

const urn = resource.URN("urn:pulumi:dev::test::command:local:Command::weight")

type values = map[string]any

// plugin is the provider as the engine sees it, and the same calls in one line each.
type plugin struct {
	t      *testing.T
	server integration.Server
}

func start(t *testing.T) plugin {
	provider, err := local.NewProvider()
	require.NoError(t, err)
	server, err := integration.NewServer(context.Background(), "command", semver.MustParse("1.2.1"), integration.WithProvider(provider))
	require.NoError(t, err)
	return plugin{t, server}
}

func properties(t *testing.T, given values) property.Map {
	out := map[string]property.Value{}
	for name, value := range given {
		switch value := value.(type) {
		case property.Value:
			out[name] = value
		case []string:
			var list []property.Value
			for _, one := range value {
				list = append(list, property.New(one))
			}
			out[name] = property.New(list)
		case map[string]string:
			object := map[string]property.Value{}
			for key, one := range value {
				object[key] = property.New(one)
			}
			out[name] = property.New(object)
		case string:
			out[name] = property.New(value)
		case bool:
			out[name] = property.New(value)
		default:
			require.Fail(t, "what is this?", "%T", value)
		}
	}
	return property.NewMap(out)
}

func (e plugin) create(inputs values) (p.CreateResponse, error) {
	return e.server.Create(p.CreateRequest{Urn: urn, Properties: properties(e.t, inputs)})
}

func (e plugin) mustCreate(inputs values) property.Map {
	made, err := e.create(inputs)
	require.NoError(e.t, err)
	return made.Properties
}

func (e plugin) mustUpdate(state property.Map, inputs values) property.Map {
	changed, err := e.server.Update(p.UpdateRequest{ID: "id", Urn: urn, State: state, Inputs: properties(e.t, inputs)})
	require.NoError(e.t, err)
	return changed.Properties
}

func stdout(state property.Map) string { return state.Get("stdout").AsString() }

func TestCreateGivesWhatTheCommandSaidWithoutTheLastLineEnd(t *testing.T) {
	state := start(t).mustCreate(values{"create": "echo one; echo two; echo; echo oops >&2"})
	assert.Equal(t, "one\ntwo\n", stdout(state))
	assert.Equal(t, "oops", state.Get("stderr").AsString())
}

func TestStdinEnvironmentDirAndInterpreterReachTheCommand(t *testing.T) {
	dir := t.TempDir()
	state := start(t).mustCreate(values{
		"create":      `printf '%s|%s|%s|%s' "$(cat)" "$COLOUR" "$PWD" "$0"`,
		"stdin":       "10",
		"environment": map[string]string{"COLOUR": "green"},
		"dir":         dir,
		"interpreter": []string{"/bin/bash", "-c"},
	})
	assert.Equal(t, "10|green|"+dir+"|/bin/bash", stdout(state))
}

func TestADirThatIsNoFolderIsNamed(t *testing.T) {
	_, err := start(t).create(values{"create": "true", "dir": "/no/such/folder"})
	assert.ErrorContains(t, err, "`dir` is \"/no/such/folder\", which is no folder")
}

func TestUpdateRunsUpdateAndWithoutOneRunsCreate(t *testing.T) {
	engine := start(t)
	state := engine.mustCreate(values{"create": "echo created", "stdin": "1"})
	assert.Equal(t, "updated", stdout(engine.mustUpdate(state, values{"create": "echo created", "update": "echo updated", "stdin": "2"})))
	assert.Equal(t, "created again 2", stdout(engine.mustUpdate(state, values{"create": "echo created again $(cat)", "stdin": "2"})))
}

func TestOnlyDeleteWithoutACommandDoesNothing(t *testing.T) {
	engine := start(t)
	state := engine.mustCreate(values{"delete": "false"})
	assert.Equal(t, "", stdout(state))
	require.Error(t, engine.server.Delete(p.DeleteRequest{ID: "id", Urn: urn, Properties: state}))
	require.NoError(t, engine.server.Delete(p.DeleteRequest{ID: "id", Urn: urn, Properties: engine.mustCreate(values{"create": "true"})}))
}

func TestDeleteRunsWithTheInputsTheResourceHad(t *testing.T) {
	engine, file := start(t), filepath.Join(t.TempDir(), "gone")
	state := engine.mustCreate(values{"create": "true", "delete": "cat > $FILE", "stdin": "bye", "environment": map[string]string{"FILE": file}})
	require.NoError(t, engine.server.Delete(p.DeleteRequest{ID: "id", Urn: urn, Properties: state}))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "bye", string(text))
}

func TestThePreviousOutputIsInTheEnvironmentUnlessSwitchedOff(t *testing.T) {
	engine := start(t)
	for _, test := range []struct {
		add  any
		want string
	}{{nil, "first/second"}, {true, "first/second"}, {false, "/"}} {
		inputs := values{
			"create": "echo first; echo second >&2",
			"update": `echo "$PULUMI_COMMAND_STDOUT/$PULUMI_COMMAND_STDERR"`,
			"delete": `test "$PULUMI_COMMAND_STDOUT/$PULUMI_COMMAND_STDERR" = ` + test.want,
		}
		if test.add != nil {
			inputs["addPreviousOutputInEnv"] = test.add
		}
		state := engine.mustCreate(inputs)
		assert.Equal(t, test.want, stdout(engine.mustUpdate(state, inputs)), "update, with %v", test.add)
		assert.NoError(t, engine.server.Delete(p.DeleteRequest{ID: "id", Urn: urn, Properties: state}), "delete, with %v", test.add)
	}
}

func TestAFailureNamesTheExitCodeAndTheLastWordsAndNothingSecret(t *testing.T) {
	_, err := start(t).create(values{
		"create":      "for i in $(seq 30); do echo line $i >&2; done; exit 3 # hidden-in-the-command",
		"stdin":       "hidden-on-stdin",
		"environment": map[string]string{"PASSWORD": "hidden-in-the-environment"},
	})
	assert.ErrorContains(t, err, "the create command failed with exit code 3:")
	assert.ErrorContains(t, err, "line 30")
	assert.NotContains(t, err.Error(), "line 10\n")
	assert.NotContains(t, err.Error(), "hidden")
}

func TestAFailureOnStdoutIsShownUnlessStdoutIsNotToBe(t *testing.T) {
	engine := start(t)
	_, err := engine.create(values{"create": "echo bad news; exit 1"})
	assert.ErrorContains(t, err, "bad news")
	_, err = engine.create(values{"create": "echo bad news; exit 1", "logging": "none"})
	assert.ErrorContains(t, err, "failed with exit code 1 and said nothing")
	assert.NotContains(t, err.Error(), "bad news")
}

func TestASignalIsNamed(t *testing.T) {
	_, err := start(t).create(values{"create": "kill -9 $$"})
	assert.ErrorContains(t, err, "was ended by signal 9 (killed)")
}

func TestAPreviewRunsNothing(t *testing.T) {
	engine, file := start(t), filepath.Join(t.TempDir(), "ran")
	inputs := properties(t, values{"create": "touch " + file, "update": "touch " + file})
	made, err := engine.server.Create(p.CreateRequest{Urn: urn, Properties: inputs, DryRun: true})
	require.NoError(t, err)
	assert.True(t, made.Properties.Get("stdout").IsComputed(), "stdout is not known before")
	_, err = engine.server.Update(p.UpdateRequest{ID: "id", Urn: urn, State: made.Properties.Set("stdout", property.New("")).Set("stderr", property.New("")), Inputs: inputs, DryRun: true})
	require.NoError(t, err)
	assert.NoFileExists(t, file)
}

func TestTriggersReplaceAndOtherInputsUpdateInPlace(t *testing.T) {
	engine := start(t)
	before := values{"create": "true", "stdin": "1", "triggers": []string{"a"}}
	state := engine.mustCreate(before)
	diff := func(changes values) map[string]p.PropertyDiff {
		inputs := properties(t, before)
		for name, value := range properties(t, changes).All {
			inputs = inputs.Set(name, value)
		}
		answer, err := engine.server.Diff(p.DiffRequest{ID: "id", Urn: urn, State: state, Inputs: inputs})
		require.NoError(t, err)
		assert.Equal(t, len(changes) > 0, answer.HasChanges)
		return answer.DetailedDiff
	}
	assert.Empty(t, diff(values{}))
	assert.Equal(t, p.Update, diff(values{"stdin": "2"})["stdin"].Kind)
	assert.Equal(t, p.UpdateReplace, diff(values{"triggers": []string{"b"}})["triggers[0]"].Kind)
	assert.Equal(t, p.AddReplace, diff(values{"triggers": []string{"a", "b"}})["triggers[1]"].Kind)
}

func TestASecretInputStaysSecretInTheState(t *testing.T) {
	state := start(t).mustCreate(values{
		"create": "cat", "stdin": property.New("s3cret").WithSecret(true), "environment": map[string]string{"A": "1"},
	})
	assert.True(t, state.Get("stdin").Secret())
	assert.False(t, state.Get("environment").Secret())
	// As with the official plugin: what a command says is secret when the program says so (additionalSecretOutputs).
	assert.False(t, state.Get("stdout").Secret())
}

func TestCheckRefusesWhatThisPluginCannotDo(t *testing.T) {
	for _, test := range []struct {
		inputs values
		want   string
	}{
		{values{"logging": "loud"}, `"loud" is not a way of logging; allowed: stdoutAndStderr, stdout, stderr, none`},
		{values{"assetPaths": []string{"*"}}, "not supported by the command plugin built from source"},
		{values{"archivePaths": []string{"*"}}, "not supported by the command plugin built from source"},
	} {
		checked, err := start(t).server.Check(p.CheckRequest{Urn: urn, Inputs: properties(t, test.inputs)})
		require.NoError(t, err)
		require.Len(t, checked.Failures, 1)
		assert.Contains(t, checked.Failures[0].Reason, test.want)
	}
	checked, err := start(t).server.Check(p.CheckRequest{Urn: urn, Inputs: properties(t, values{"create": "true", "logging": "none"})})
	require.NoError(t, err)
	assert.Empty(t, checked.Failures)
}

// A command that notes its own process and that of a child, and holds on.
const stubborn = `sleep 60 & echo "$$ $!" > pids; wait`

func waitForPids(t *testing.T, dir string) []string {
	var pids []string
	require.Eventually(t, func() bool {
		text, _ := os.ReadFile(filepath.Join(dir, "pids"))
		pids = strings.Fields(string(text))
		return len(pids) == 2
	}, 10*time.Second, 10*time.Millisecond, "the command did not start")
	return pids
}

func assertDead(t *testing.T, pids []string) {
	for _, pid := range pids {
		assert.Eventually(t, func() bool {
			stat, err := os.ReadFile("/proc/" + pid + "/stat")
			return err != nil || strings.Contains(string(stat), ") Z ")
		}, 2*time.Second, 10*time.Millisecond, "process %s lives on", pid)
	}
}

func TestCancelStopsTheCommandAndItsChildren(t *testing.T) {
	engine, dir := start(t), t.TempDir()
	failed := make(chan error, 1)
	go func() {
		_, err := engine.create(values{"create": stubborn, "dir": dir})
		failed <- err
	}()
	pids := waitForPids(t, dir)
	require.NoError(t, engine.server.Cancel())
	select {
	case err := <-failed:
		assert.ErrorContains(t, err, "the create command was stopped")
	case <-time.After(4 * time.Second):
		t.Fatal("a command that minds SIGTERM was not stopped by it")
	}
	assertDead(t, pids)
}

func TestACommandThatIgnoresSIGTERMIsKilledAfterTheGrace(t *testing.T) {
	engine, dir := start(t), t.TempDir()
	failed := make(chan error, 1)
	go func() {
		_, err := engine.create(values{"create": `trap "" TERM; ` + stubborn, "dir": dir})
		failed <- err
	}()
	pids := waitForPids(t, dir)
	cancelled := time.Now()
	require.NoError(t, engine.server.Cancel())
	require.Error(t, <-failed)
	assert.InDelta(t, 5, time.Since(cancelled).Seconds(), 1.5)
	assertDead(t, pids)
}

func TestStopAllTakesRunningCommandsAlong(t *testing.T) {
	engine, dir := start(t), t.TempDir()
	done := make(chan struct{})
	go func() { _, _ = engine.create(values{"create": stubborn, "dir": dir}); close(done) }()
	pids := waitForPids(t, dir)
	local.StopAll()
	assertDead(t, pids)
	<-done
}
