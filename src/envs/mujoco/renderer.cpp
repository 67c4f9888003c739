#include "onramp/envs/mujoco/renderer.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <string>

#include "onramp/base/error.h"

namespace onramp::mujoco {
namespace {

[[noreturn]] void no_egl(const std::string& what) {
  throw EnvironmentError("no EGL: " + what +
                         "; install libegl1 libegl-mesa0 libgl1-mesa-dri, or set images to false in the environment's config");
}

/// One display a process, opened at the first picture and never closed: Mesa does not survive reopening in other threads.
EGLDisplay display() {
  static std::mutex mutex;
  static EGLDisplay shared = EGL_NO_DISPLAY;
  const std::lock_guard lock(mutex);
  if (shared != EGL_NO_DISPLAY) return shared;
  // Mesa's own threads only get in the way of pictures this small: draw in the calling thread, unless the user says so.
  setenv("LP_NUM_THREADS", "0", /*overwrite=*/0);
  EGLDisplay found = EGL_NO_DISPLAY;
  const auto get_platform_display =
      reinterpret_cast<PFNEGLGETPLATFORMDISPLAYEXTPROC>(eglGetProcAddress("eglGetPlatformDisplayEXT"));
  if (get_platform_display) found = get_platform_display(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr);
  if (found == EGL_NO_DISPLAY || !eglInitialize(found, nullptr, nullptr)) {
    found = eglGetDisplay(EGL_DEFAULT_DISPLAY);
    if (found == EGL_NO_DISPLAY || !eglInitialize(found, nullptr, nullptr)) no_egl("no display could be opened");
  }
  if (!eglBindAPI(EGL_OPENGL_API)) no_egl("it has no OpenGL");
  return shared = found;
}

}  // namespace

/// Everything that lives in the graphics context. Invariant: made and used in one thread.
struct Renderer::Graphics {
  EGLContext context = EGL_NO_CONTEXT;
  EGLSurface surface = EGL_NO_SURFACE;
  mjrContext resources;
  mjvScene scene;
  mjvOption option;
  mjvCamera camera;
  std::vector<uint8_t> upside_down;

  Graphics(World& world, int64_t width, int64_t height, int samples) {
    mjr_defaultContext(&resources);
    mjv_defaultScene(&scene);
    mjv_defaultOption(&option);
    mjv_defaultCamera(&camera);
    const EGLint wanted[] = {EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_RED_SIZE, 8,
                             EGL_GREEN_SIZE, 8, EGL_BLUE_SIZE, 8, EGL_DEPTH_SIZE, 24, EGL_STENCIL_SIZE, 8, EGL_NONE};
    EGLConfig config;
    EGLint count = 0;
    if (!eglChooseConfig(display(), wanted, &config, 1, &count) || count < 1) no_egl("it cannot draw off screen");
    eglBindAPI(EGL_OPENGL_API);  // a state of the thread
    context = eglCreateContext(display(), config, EGL_NO_CONTEXT, nullptr);
    if (context == EGL_NO_CONTEXT) no_egl("no context could be made");
    const EGLint size[] = {EGL_WIDTH, 4, EGL_HEIGHT, 4, EGL_NONE};  // pictures are drawn into MuJoCo's own buffer
    surface = eglCreatePbufferSurface(display(), config, size);
    make_current();
    auto& visual = world.model()->vis;
    visual.global.offwidth = static_cast<int>(width);
    visual.global.offheight = static_cast<int>(height);
    visual.quality.offsamples = samples;
    visual.quality.shadowsize = 0;
    mjr_makeContext(world.model(), &resources, mjFONTSCALE_50);
    mjr_setBuffer(mjFB_OFFSCREEN, &resources);
    mjv_makeScene(world.model(), &scene, 200);
    for (const int flag : {mjRND_SHADOW, mjRND_REFLECTION, mjRND_SKYBOX, mjRND_FOG, mjRND_HAZE, mjRND_CULL_FACE}) {
      scene.flags[flag] = 0;
    }
    scene.flags[mjRND_CULL_FACE] = 1;
    option.flags[mjVIS_ACTIVATION] = 0;
    std::fill_n(option.sitegroup, mjNGROUP, 0);
    camera.type = mjCAMERA_FIXED;
  }

  ~Graphics() {
    if (context == EGL_NO_CONTEXT) return;
    if (eglMakeCurrent(display(), surface, surface, context)) {
      mjv_freeScene(&scene);
      mjr_freeContext(&resources);
      eglMakeCurrent(display(), EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    }
    eglDestroySurface(display(), surface);
    eglDestroyContext(display(), context);
  }

  void make_current() {
    if (eglGetCurrentContext() == context) return;
    if (!eglMakeCurrent(display(), surface, surface, context)) {
      throw EnvironmentError("EGL: the graphics context belongs to another thread; step an environment from one thread only");
    }
  }
};

Renderer::Renderer(World& world, int64_t width, int64_t height, int samples)
    : world_(world), width_(width), height_(height), samples_(samples) {}

Renderer::~Renderer() = default;

void Renderer::render(int camera, std::vector<uint8_t>& rgb) {
  if (!graphics_) graphics_ = std::make_unique<Graphics>(world_, width_, height_, samples_);
  Graphics& g = *graphics_;
  g.make_current();
  g.camera.fixedcamid = camera;
  mjv_updateScene(world_.model(), world_.data(), &g.option, nullptr, &g.camera, mjCAT_ALL, &g.scene);
  const mjrRect view = {0, 0, static_cast<int>(width_), static_cast<int>(height_)};
  mjr_render(view, &g.scene, &g.resources);
  g.upside_down.resize(static_cast<size_t>(width_ * height_ * 3));
  mjr_readPixels(g.upside_down.data(), nullptr, view, &g.resources);
  rgb.resize(g.upside_down.size());
  const int64_t row = width_ * 3;
  for (int64_t y = 0; y < height_; ++y) {  // OpenGL's rows start at the bottom
    std::copy_n(g.upside_down.begin() + (height_ - 1 - y) * row, row, rgb.begin() + y * row);
  }
}

}  // namespace onramp::mujoco
