package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Label names an object for people: `Deployment shop/api-blue`.
func Label(object *unstructured.Unstructured) string {
	if object.GetNamespace() == "" {
		return object.GetKind() + " " + object.GetName()
	}
	return object.GetKind() + " " + object.GetNamespace() + "/" + object.GetName()
}

// longest is how much of a server's message is worth a person's time.
const longest = 700

// OneLine puts a text on one line, and cuts one that is endless.
func OneLine(text string) string {
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > longest {
		return string(line[:longest]) + " …"
	}
	return string(line)
}

// Unreachable says whether an error means that the cluster gave no answer at all.
func Unreachable(err error) bool {
	var status apierrors.APIStatus
	if err == nil || errors.As(err, &status) {
		return false
	}
	var request *url.Error
	var network net.Error
	return errors.As(err, &request) || errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded)
}

// DeniedByAccess says whether the user may not do this at all, unlike a refusal by quota or by a policy, which looks at the object.
func DeniedByAccess(err error) bool {
	return apierrors.IsForbidden(err) && accessMessage.MatchString(err.Error())
}

// OverQuota says whether a quota of the namespace refuses the object.
func OverQuota(err error) bool {
	return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "exceeded quota")
}

// QuotaUnknown says whether the object came before the cluster had counted what a new quota allows: a moment later it knows.
func QuotaUnknown(err error) bool {
	return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "status unknown for quota")
}

// NamespaceMissing says whether an object cannot be as its namespace is not there.
func NamespaceMissing(err error) bool {
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) {
		return false
	}
	details := status.Status().Details
	return details != nil && details.Kind == "namespaces"
}

// strangers is what becomes of a login that has run out.
const strangers = "does not accept the credentials of the kubeconfig: renew them"

var (
	accessMessage   = regexp.MustCompile(`cannot \w+ resource "`)
	forbiddenPrefix = regexp.MustCompile(`^\S+ "[^"]*" is forbidden: `)
	conflictManager = regexp.MustCompile(`conflict with "([^"]+)"`)
)

// Words says in one line why the API server did not do something to an object, and what to do about it where that is known.
func (c *Cluster) Words(err error, object *unstructured.Unstructured) error {
	return errors.New(OneLine(Label(object) + ": " + c.reason(err, object)))
}

func (c *Cluster) reason(err error, object *unstructured.Unstructured) string {
	var api apierrors.APIStatus
	status := metav1.Status{}
	if errors.As(err, &api) {
		status = api.Status()
	}
	switch {
	case errors.Is(err, context.Canceled):
		return "stopped before the cluster had answered"
	case Unreachable(err):
		return c.Silence(err)
	case meta.IsNoMatchError(err):
		return fmt.Sprintf("the cluster knows no kind %s of %s: its definition (CRD) is not installed, or not in this version",
			object.GetKind(), object.GetAPIVersion())
	case apierrors.IsUnauthorized(err):
		return "the cluster " + strangers
	case DeniedByAccess(err):
		return "the kubeconfig's user may not do this: " + withoutPrefix(status.Message)
	case OverQuota(err):
		return "a quota of the namespace refuses it: " + withoutPrefix(status.Message)
	case apierrors.IsForbidden(err):
		return "refused: " + withoutPrefix(status.Message)
	case NamespaceMissing(err):
		return "its namespace is not there: " + status.Message
	case apierrors.IsConflict(err) && len(managers(status)) > 0:
		return fmt.Sprintf("also managed by others: %s. Leave these fields out of the program, or take them over with the annotation pulumi.com/patchForce: \"true\"",
			strings.Join(managers(status), "; "))
	case apierrors.IsInvalid(err) && status.Details != nil && len(status.Details.Causes) > 0:
		return "not valid: " + strings.Join(causes(status), "; ")
	case status.Message != "":
		return status.Message
	default:
		return err.Error()
	}
}

// Silence says that the cluster gave no answer to what should have changed or read something.
func (c *Cluster) Silence(err error) string {
	return fmt.Sprintf("the cluster at %s cannot be reached, and nothing was changed: %v", c.Host, bare(err))
}

// NoAnswer says the same where nothing should have been changed.
func (c *Cluster) NoAnswer(err error) string {
	return fmt.Sprintf("the cluster at %s does not answer: %v", c.Host, bare(err))
}

// bare leaves out the address that was asked: the cluster's is told beside it.
func bare(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer in time")
	}
	return err
}

func withoutPrefix(message string) string { return forbiddenPrefix.ReplaceAllString(message, "") }

// managers gives, for each other manager, the fields that it holds: `"kubectl" manages .spec.replicas, .spec.paused`.
func managers(status metav1.Status) []string {
	if status.Details == nil {
		return nil
	}
	fields := map[string][]string{}
	for _, cause := range status.Details.Causes {
		named := conflictManager.FindStringSubmatch(cause.Message)
		if cause.Type == metav1.CauseTypeFieldManagerConflict && named != nil {
			fields[named[1]] = append(fields[named[1]], cause.Field)
		}
	}
	words := make([]string, 0, len(fields))
	for manager, held := range fields {
		slices.Sort(held)
		words = append(words, fmt.Sprintf("%q manages %s", manager, strings.Join(slices.Compact(held), ", ")))
	}
	slices.Sort(words)
	return words
}

func causes(status metav1.Status) []string {
	words := make([]string, 0, len(status.Details.Causes))
	for _, cause := range status.Details.Causes {
		words = append(words, strings.TrimSpace(cause.Field+": "+cause.Message))
	}
	return words
}
