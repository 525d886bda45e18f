#include "simulator/api.h"
#include "simulator/kubelet.h"
#include "simulator/default_scheduler.h"
#include "simulator/status.h"
#include "simulator/birth.h"
#include "simulator/validate.h"
int api_update(struct call *c, struct error *e){return status_plain(c->response,e,405,"x","x");}
int api_patch(struct call *c, struct error *e){return status_plain(c->response,e,405,"x","x");}
int api_delete(struct call *c, struct error *e){return status_plain(c->response,e,405,"x","x");}
int api_delete_collection(struct call *c, struct error *e){return status_plain(c->response,e,405,"x","x");}
void kubelet_change(struct sim *s, const struct change *c){(void)s;(void)c;}
int kubelet_tick(struct sim *s, int64_t n, struct error *e){(void)s;(void)n;(void)e;return 0;}
void default_scheduler_change(struct sim *s, const struct change *c){(void)s;(void)c;}
int default_scheduler_tick(struct sim *s, int64_t n, struct error *e){(void)s;(void)n;(void)e;return 0;}
void default_scheduler_free(struct sim *s){(void)s;}
int birth_system_pods(struct sim *s, struct error *e){(void)s;(void)e;return 0;}
