#include "onramp/envs/mujoco/renderer.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "onramp/base/error.h"

namespace onramp::mujoco {
namespace {

[[noreturn]] void no_egl(const std::string& what) {
  throw EnvironmentError(
      "no EGL: " + what +
      "; install libegl1 libegl-mesa0 libgl1-mesa-dri, or set images to false in the environment's config");
}

/// EGL, loaded when the first picture is made: programs start, and simulate without pictures, on machines that have none.
struct Egl {
  void* library = nullptr;
  EGLDisplay display = EGL_NO_DISPLAY;
#define ONRAMP_EGL_FUNCTION(name) decltype(&::egl##name) name = nullptr
  ONRAMP_EGL_FUNCTION(GetProcAddress);
  ONRAMP_EGL_FUNCTION(GetDisplay);
  ONRAMP_EGL_FUNCTION(Initialize);
  ONRAMP_EGL_FUNCTION(BindAPI);
  ONRAMP_EGL_FUNCTION(ChooseConfig);
  ONRAMP_EGL_FUNCTION(CreateContext);
  ONRAMP_EGL_FUNCTION(CreatePbufferSurface);
  ONRAMP_EGL_FUNCTION(MakeCurrent);
  ONRAMP_EGL_FUNCTION(GetCurrentContext);
  ONRAMP_EGL_FUNCTION(DestroySurface);
  ONRAMP_EGL_FUNCTION(DestroyContext);
#undef ONRAMP_EGL_FUNCTION

  template <class F>
  void load(F& function, const char* name) {
    function = reinterpret_cast<F>(dlsym(library, name));
    if (!function) no_egl(concat("it lacks ", name));
  }

  Egl() {
    // Global, because MuJoCo looks eglGetProcAddress up in the process.
    library = dlopen("libEGL.so.1", RTLD_NOW | RTLD_GLOBAL);
    if (!library) no_egl("libEGL.so.1 is not there");
    load(GetProcAddress, "eglGetProcAddress");
    load(GetDisplay, "eglGetDisplay");
    load(Initialize, "eglInitialize");
    load(BindAPI, "eglBindAPI");
    load(ChooseConfig, "eglChooseConfig");
    load(CreateContext, "eglCreateContext");
    load(CreatePbufferSurface, "eglCreatePbufferSurface");
    load(MakeCurrent, "eglMakeCurrent");
    load(GetCurrentContext, "eglGetCurrentContext");
    load(DestroySurface, "eglDestroySurface");
    load(DestroyContext, "eglDestroyContext");
    // Mesa's own threads only get in the way of pictures this small: draw in the calling thread, unless the user says so.
    setenv("LP_NUM_THREADS", "0", /*overwrite=*/0);
    const auto get_platform_display =
        reinterpret_cast<PFNEGLGETPLATFORMDISPLAYEXTPROC>(GetProcAddress("eglGetPlatformDisplayEXT"));
    if (get_platform_display)
      display = get_platform_display(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr);
    if (display == EGL_NO_DISPLAY || !Initialize(display, nullptr, nullptr)) {
      display = GetDisplay(EGL_DEFAULT_DISPLAY);
      if (display == EGL_NO_DISPLAY || !Initialize(display, nullptr, nullptr)) no_egl("it finds no driver");
    }
    if (!BindAPI(EGL_OPENGL_API)) no_egl("it has no OpenGL");
  }
};

/// One a process, opened at the first picture and never closed: Mesa does not survive reopening in other threads.
const Egl& egl() {
  static const Egl shared;  // after a failure the next call tries again
  return shared;
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

  Graphics(World& world, int64_t width, int64_t height, int samples, bool dressed) {
    mjr_defaultContext(&resources);
    mjv_defaultScene(&scene);
    mjv_defaultOption(&option);
    mjv_defaultCamera(&camera);
    const EGLint wanted[] = {EGL_SURFACE_TYPE,
                             EGL_PBUFFER_BIT,
                             EGL_RENDERABLE_TYPE,
                             EGL_OPENGL_BIT,
                             EGL_RED_SIZE,
                             8,
                             EGL_GREEN_SIZE,
                             8,
                             EGL_BLUE_SIZE,
                             8,
                             EGL_DEPTH_SIZE,
                             24,
                             EGL_STENCIL_SIZE,
                             8,
                             EGL_NONE};
    EGLConfig config;
    EGLint count = 0;
    if (!egl().ChooseConfig(egl().display, wanted, &config, 1, &count) || count < 1)
      no_egl("it cannot draw off screen");
    egl().BindAPI(EGL_OPENGL_API);  // a state of the thread
    context = egl().CreateContext(egl().display, config, EGL_NO_CONTEXT, nullptr);
    if (context == EGL_NO_CONTEXT) no_egl("no context could be made");
    const EGLint size[] = {EGL_WIDTH, 4, EGL_HEIGHT, 4, EGL_NONE};  // pictures are drawn into MuJoCo's own buffer
    surface = egl().CreatePbufferSurface(egl().display, config, size);
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
    if (dressed) scene.flags[mjRND_SKYBOX] = scene.flags[mjRND_FOG] = 1;
    option.flags[mjVIS_ACTIVATION] = 0;
    std::fill_n(option.sitegroup, mjNGROUP, 0);
    camera.type = mjCAMERA_FIXED;
  }

  ~Graphics() {
    if (context == EGL_NO_CONTEXT) return;
    if (egl().MakeCurrent(egl().display, surface, surface, context)) {
      mjv_freeScene(&scene);
      mjr_freeContext(&resources);
      egl().MakeCurrent(egl().display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    }
    egl().DestroySurface(egl().display, surface);
    egl().DestroyContext(egl().display, context);
  }

  void make_current() {
    if (egl().GetCurrentContext() == context) return;
    if (!egl().MakeCurrent(egl().display, surface, surface, context)) {
      throw EnvironmentError(
          "EGL: the graphics context belongs to another thread; step an environment from one thread only");
    }
  }
};

Renderer::Renderer(World& world, int64_t width, int64_t height, int samples)
    : world_(world), width_(width), height_(height), samples_(samples) {}

Renderer::~Renderer() = default;

void Renderer::render(int camera, std::vector<uint8_t>& rgb) {
  if (!graphics_) graphics_ = std::make_unique<Graphics>(world_, width_, height_, samples_, dress_ != nullptr);
  Graphics& g = *graphics_;
  g.make_current();
  g.camera.fixedcamid = camera;
  mjv_updateScene(world_.model(), world_.data(), &g.option, nullptr, &g.camera, mjCAT_ALL, &g.scene);
  if (dress_) dress_(g.scene);
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
