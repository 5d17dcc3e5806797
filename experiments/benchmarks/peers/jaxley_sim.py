"""Jaxley, with its own channel `HH` (which guards none of its 0/0s), jitted for one CPU in single precision.

    python jaxley_sim.py '{"task": "population", "neurons": 10000, "duration": 200, "dt": 0.025,
                           "method": "bwd_euler", "repeats": 3}'
    python jaxley_sim.py '{"task": "gradient", "neurons": 1000, "duration": 100, "dt": 0.025, "parameters": 8,
                           "repeats": 3}'

Neurons are simulated through `build_init_and_step_fn`, Jaxley's way of writing the loop over time oneself: so spikes are
counted as they come, where `integrate` would first keep all voltages. The loop is over a vmap of the step.
"""

from __future__ import annotations

import os

import jobs

# isort: split
os.environ.setdefault("JAX_PLATFORMS", "cpu")
import jax
import jax.numpy as jnp
import jaxley as jx
import numpy as np
from crossings import crossings
from jaxley.channels import HH
from jaxley.integrate import build_init_and_step_fn

METHODS = ["bwd_euler", "crank_nicolson", "fwd_euler", "exp_euler"]
METHODS=["bwd_euler","crank_nicolson","fwd_euler"]


def cell() -> jx.Cell:
    n = jobs.SQUID
    made = jx.Cell()
    made.insert(HH())
    for name, value in {
        "capacitance": n["capacitance"],
        "HH_gNa": n["na.g"] * 1e-3,  # S/cm²
        "HH_gK": n["k.g"] * 1e-3,
        "HH_gLeak": n["leak.g"] * 1e-3,
        "HH_eNa": n["na.e"],
        "HH_eK": n["k.e"],
        "HH_eLeak": n["leak.e"],
        "v": n["v_init"],
    }.items():
        made.set(name, value)
    made.init_states()
    return made

def area(c):
    return float(c.nodes["area"].iloc[0])

mode=os.environ.get('MODE','step')
def population(job: dict) -> dict:
    N=job['neurons']; steps=jobs.count(job["duration"], job["dt"]); dt=job['dt']
    amps=jnp.asarray(jobs.currents(N),jnp.float32)
    if mode=='net':
        net=jx.Network([cell() for _ in range(N)]); 
        c=net
        c.comp('all').record(verbose=False) if hasattr(c,'comp') else c.record(verbose=False)
    else:
        c=cell(); c.record(verbose=False)
    if mode!='integrate':
        scale=float(np.asarray(c.nodes['area'])[0])*1e-5
        if mode=='net':
            inds={'i':jnp.arange(N)}
        else: inds={'i':jnp.arange(1)}
        c.to_jax()
        init,step=build_init_and_step_fn(c,voltage_solver='jaxley.dhs.cpu',solver=job['method'])
        state0,params=init([],None,None,dt)
        if mode=='net':
            one=lambda s,a: step(s,params,{'i':a},inds,dt)
            state=state0
        else:
            one=jax.vmap(lambda s,a: step(s,params,{'i':a[None]},inds,dt))
            state=jax.tree.map(lambda x: jnp.broadcast_to(x,(N,*jnp.shape(x))),state0)
        print({k:(v.shape,v.dtype) for k,v in state.items()})
        @jax.jit
        def run(state,amp):
            def body(carry,_):
                s,count=carry
                new=one(s,amp)
                return (new,count+((s['v']<0)&(new['v']>=0))),None
            (s,count),_=jax.lax.scan(body,(state,jnp.zeros_like(state['v'],jnp.int32)),None,length=steps)
            return count.sum(),(~jnp.isfinite(s['v'])).sum()
        f=lambda: jax.block_until_ready(run(state,amps*scale))
    else:
        c.to_jax()
        scale=float(np.asarray(c.nodes['area'])[0])*1e-5
        chunk=int(os.environ.get('CHUNK','500'))
        def one(a):
            st=c.data_stimulate(jnp.full(steps,a))
            v=jx.integrate(c,data_stimuli=st,delta_t=dt,solver=job['method'])[0]
            return ((v[:-1]<0)&(v[1:]>=0)).sum(), ~jnp.isfinite(v[-1])
        run=jax.jit(jax.vmap(one))
        def f():
            n,l=0,0
            for k in range(0,N,chunk):
                a,b=run(amps[k:k+chunk]*scale); n+=int(a.sum()); l+=int(b.sum())
            return n,l
    f()
    setup=jobs.ready()
    seconds=jobs.timed(f,job['repeats'])
    a,b=f()
    return dict(mode=mode,seconds=seconds,setup_seconds=setup,spikes=int(a),lost=int(b))

if __name__ == "__main__":
    versions = jobs.versions("jaxley", "jax", "jaxlib", "numpy")
    about = {"peer": "Jaxley", "version": versions["jaxley"], "versions": versions, "precision": "float32"}
    jobs.serve(about, METHODS, population=population)
