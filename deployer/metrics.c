/* deployer/metrics.c -- see metrics.h. */
#include "deployer/metrics.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/box/cgmemory.h"
#include "common/store/instance.h"
#include "common/store/metric.h"
#include "deployer/haproxy.h"

#include <inttypes.h>
#include <stdio.h>

struct looking {
	struct dc_job *job;
	struct dc_memory_metric *memory;
	struct dc_traffic_counter *counters;
	size_t n_memory, n_counters;
};

static int
look_at_instance(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct looking *l = arg;
	dc_auto_free char *box =
	    dc_asprintf("%s-i%" PRId64, l->job->conf->bridge, i->id);
	struct dc_cgmemory used;

	(void)err;
	/* Its container may have ended just now. */
	if (dc_cgmemory_load(&used, box, NULL) < 0)
		return 0;
	l->memory =
	    dc_xrealloc(l->memory, (l->n_memory + 1) * sizeof(l->memory[0]));
	l->memory[l->n_memory++] = (struct dc_memory_metric){
	    .service_id = i->service_id,
	    .number = i->number,
	    .used = used.rss + used.active + used.inactive,
	    .allocated = i->memory,
	    .rss = used.rss,
	    .active = used.active,
	    .inactive = used.inactive,
	};
	return 0;
}

static void
add_counter(struct looking *l, pid_t worker, const struct haproxy_stat *s)
{
	struct dc_traffic_counter c = {.worker = worker,
	    .application_ms = s->response_ms,
	    .platform_ms = s->queue_ms + s->connect_ms};
	int i, slot;

	// NOLINTNEXTLINE(cert-err34-c): our own name, checked count
	if (sscanf(s->backend, "be_%d", &slot) != 1)
		return;
	c.slot = slot;
	for (i = 0; i < DC_ANSWERS; i++)
		c.answers[i] = s->answers[i];
	l->counters = dc_xrealloc(l->counters,
	    (l->n_counters + 1) * sizeof(l->counters[0]));
	l->counters[l->n_counters++] = c;
}

/* False: another time. Workers that a reload left behind count on. */
static bool
has_counters(struct looking *l, const char *socket)
{
	struct haproxy_workers w;
	size_t i, k;

	if (haproxy_workers(&w, socket, NULL) < 0)
		return false;
	for (i = 0; i < w.n; i++) {
		struct haproxy_stats all = {0};
		int rc = haproxy_load_stats(&all, socket, w.v[i].pid, NULL);

		for (k = 0; k < all.n; k++)
			add_counter(l, w.v[i].pid, &all.v[k]);
		haproxy_stats_done(&all);
		if (rc < 0 && !w.v[i].old)
			return false;
	}
	return l->counters != NULL;
}

int
metrics_run(struct dc_job *job, struct dc_err *err)
{
	dc_auto_free char *socket =
	    dc_asprintf("%s/haproxy-master.sock", job->conf->run);
	struct looking l = {.job = job};
	struct dc_metric_look look;
	int rc;

	rc = dc_instance_each(job->db, 0, 0, DC_FROM(DC_INSTANCE_UP),
	    look_at_instance, &l, err);
	if (rc == 0) {
		bool has = has_counters(&l, socket);

		look = (struct dc_metric_look){.node_id = job->node_id,
		    .now = dc_now_ms() / 1000,
		    .memory = l.memory,
		    .n_memory = l.n_memory,
		    .counters = has ? l.counters : NULL,
		    .n_counters = has ? l.n_counters : 0};
		rc = dc_metric_save(job->db, &look, err);
	}
	free(l.memory);
	free(l.counters);
	return rc;
}
