package plugin

import (
	"context"
	"errors"
	"time"

	"sluice.dev/toolchain/kubernetes-plugin/cluster"
)

// answerTimeout is how long a cluster may take to say that it is there, before a preview goes on without it.
var answerTimeout = 15 * time.Second

// unchecked says what a preview without a cluster is worth.
const unchecked = ". Changes are shown as the program says them, unchecked by a cluster; an update needs it"

// reach gives the cluster for what really reads or changes something, or says why there is none.
func (s *Server) reach() (*cluster.Cluster, error) {
	if s.cluster != nil {
		return s.cluster, nil
	}
	if s.noCluster != nil {
		return nil, errors.New(cluster.OneLine("there is no Kubernetes cluster to talk to, and nothing was changed: " + s.noCluster.Error()))
	}
	return nil, errors.New("the Kubernetes provider is not configured")
}

// look gives the cluster for what only shows something: a preview or a comparison. Without one, the program's own words are what is shown:
// who reviews a change need not be let into the cluster. That is told once, and nothing waits for the cluster a second time.
func (s *Server) look() (*cluster.Cluster, bool) {
	s.asked.Do(func() {
		if s.cluster == nil {
			s.fallSilent("there is no Kubernetes cluster to talk to: " + s.noCluster.Error())
			return
		}
		ctx, cancel := context.WithTimeout(s.ctx, answerTimeout)
		defer cancel()
		if err := s.cluster.Answers(ctx); err != nil {
			s.fallSilent(err.Error())
		}
	})
	return s.cluster, !s.silent.Load()
}

// fallSilent notes that the cluster does not answer what only shows something. The warning is about the run: no resource is named.
func (s *Server) fallSilent(why string) {
	if !s.silent.Swap(true) {
		s.warn(s.ctx, "", cluster.OneLine(why+unchecked))
	}
}
